// The goal as it stands: scope, subgoals with their checks and, once judged, their verdicts. Everything in it is text.
import { useChatData } from '@chainlit/react-client';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';

const Small = (rest) => <Button size="sm" variant="ghost" className="h-6 px-2 text-xs" {...rest} />;

const Part = ({ part, say, loading }) => (
  <div className="gc-row">
    <div className="gc-soft gc-label">{part.label}</div>
    <div className="gc-value">
      {part.answer || <span className="gc-faint">{part.skipped ? 'left open' : '…'}</span>}
    </div>
    {part.answer || part.skipped ? (
      <Small disabled={loading} onClick={() => say(part.says)}>
        change
      </Small>
    ) : null}
  </div>
);

const Subgoal = ({ one, say, loading }) => (
  <div className="gc-card gc-small">
    <div className="gc-head">
      <div className="gc-title gc-value">{one.name}</div>
      {one.badge ? (
        <Badge variant={['gap', 'to decide'].includes(one.badge) ? 'destructive' : 'secondary'}>{one.badge}</Badge>
      ) : null}
    </div>
    <div className="gc-soft">{one.description}</div>
    {one.figures ? <div>{one.figures}</div> : null}
    {one.problems.map((problem) => (
      <div key={problem}>✗ {problem}</div>
    ))}
    <div className="gc-head">
      <span className="gc-soft gc-value gc-note">{one.wanted}</span>
      <Small disabled={loading} onClick={() => say(one.toggle)}>
        {one.toggle.startsWith('Every') ? 'every sample' : 'some samples'}
      </Small>
      <Small disabled={loading} onClick={() => say(one.drop)}>
        drop
      </Small>
    </div>
  </div>
);

const List = ({ title, lines }) =>
  lines.length ? (
    <div>
      <div className="gc-heading">{title}</div>
      {lines.map((line) => (
        <div key={line}>✗ {line}</div>
      ))}
    </div>
  ) : null;

const Goal = window.once('Goal', ({ goal, data, scope, subgoals, uncovered, overruled, say }) => {
  const { loading } = useChatData();
  return (
    <div className="gc-plan">
      <div className="gc-title">{goal}</div>
      {data ? <div className="gc-soft">{data}</div> : null}
      {scope.length ? <div className="gc-heading">Scope</div> : null}
      {scope.map((part) => (
        <Part key={part.label} {...{ part, say, loading }} />
      ))}
      {subgoals.length ? <div className="gc-heading">Subgoals</div> : null}
      {subgoals.map((one) => (
        <Subgoal key={one.name} {...{ one, say, loading }} />
      ))}
      <List title="Not covered yet" lines={uncovered} />
      <List title="Left open" lines={overruled} />
    </div>
  );
});

export default <Goal {...props} say={(says) => callAction({ name: 'say', payload: { says } })} />;
