// Suggested answers to one question: a click takes one; where several may apply, clicks gather them.
import { useState } from 'react';
import { useChatData } from '@chainlit/react-client';
import { Button } from '@/components/ui/button';

const ROUND = 'rounded-full h-auto min-h-9 whitespace-normal text-left';

const Choices = window.once('Choices', ({ choices, many, say }) => {
  const { loading } = useChatData();
  const [chosen, setChosen] = useState([]);
  const press = (choice) => {
    if (!many) return say(choice);
    setChosen(chosen.includes(choice) ? chosen.filter((one) => one !== choice) : [...chosen, choice]);
  };
  return (
    <div className="gc-buttons" role="group" aria-label="Suggested answers">
      {choices.map((choice, place) => (
        <Button
          key={choice}
          size="sm"
          variant={chosen.includes(choice) ? 'default' : 'outline'}
          aria-pressed={many ? chosen.includes(choice) : undefined}
          disabled={loading && !many}
          className={ROUND}
          onClick={() => press(choice)}
        >
          <span className="gc-faint">{place + 1}</span>
          {choice}
        </Button>
      ))}
      {many ? (
        <Button
          size="sm"
          className={ROUND}
          disabled={loading || !chosen.length}
          onClick={() => say(choices.filter((choice) => chosen.includes(choice)).join('; '))}
        >
          Use {chosen.length ? `these ${chosen.length}` : 'these'}
        </Button>
      ) : null}
    </div>
  );
});

export default <Choices {...props} say={(says) => callAction({ name: 'say', payload: { says, asked: props.asked } })} />;
