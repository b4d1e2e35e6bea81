// Suggested answers to one question: a click takes one; where several may apply, clicks gather them.
import { useState } from 'react';
import { Button } from '@/components/ui/button';

const ROUND = 'rounded-full h-auto min-h-9 whitespace-normal text-left';

export default function Choices() {
  const { choices, many } = props;
  const [chosen, setChosen] = useState([]);
  const [sent, setSent] = useState(false);
  const say = (words) => {
    setSent(true);
    sendUserMessage(words);
  };
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
          disabled={sent}
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
          disabled={sent || !chosen.length}
          onClick={() => say(choices.filter((choice) => chosen.includes(choice)).join('; '))}
        >
          Use {chosen.length ? `these ${chosen.length}` : 'these'}
        </Button>
      ) : null}
    </div>
  );
}
