// Proposed samples, each with its verdict: reject or edit one; "looks good" keeps what is left. Everything is text.
import { useState } from 'react';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Textarea } from '@/components/ui/textarea';

const Small = ({ onClick, children }) => (
  <Button size="sm" variant="outline" className="rounded-full" onClick={onClick}>
    {children}
  </Button>
);

const Card = ({ one }) => {
  const [mode, setMode] = useState('');
  const [words, setWords] = useState('');
  const [done, setDone] = useState('');
  const open = (next) => {
    setMode(next);
    setWords(next === 'edit' ? one.output : '');
  };
  const send = () => {
    setDone(mode === 'edit' ? 'changed' : 'rejected');
    setMode('');
    sendUserMessage(mode === 'edit' ? `Edit ${one.number}: ${words}` : `Reject ${one.number}${words ? `: ${words}` : ''}`);
  };
  return (
    <div className={done === 'rejected' ? 'gc-card gc-faint' : 'gc-card'}>
      <div className="gc-head">
        <div className="gc-name">{one.number}. {one.capability}</div>
        <Badge variant="secondary">{done || one.badge}</Badge>
      </div>
      <div className="gc-part gc-text">{one.input}</div>
      <div className="gc-part gc-text gc-answer">{one.output}</div>
      <div className="gc-part gc-soft">{one.verdict}</div>
      {one.flags.length ? <div className="gc-title">Look at: {one.flags.join(', ')}</div> : null}
      <div className="gc-buttons">
        {one.parents.map((parent) => (
          <button key={parent} type="button" className="gc-id" onClick={() => sendUserMessage(`Show sample ${parent}`)}>
            from {parent}
          </button>
        ))}
        {done ? null : <Small onClick={() => open('edit')}>Edit</Small>}
        {done ? null : <Small onClick={() => open('reject')}>Reject</Small>}
      </div>
      {mode ? (
        <div className="gc-part">
          <Textarea
            value={words}
            rows={mode === 'edit' ? 6 : 2}
            placeholder="Why? The next samples learn from it."
            onChange={(event) => setWords(event.target.value)}
          />
          <div className="gc-buttons">
            <Small onClick={send}>{mode === 'edit' ? 'Save' : 'Reject it'}</Small>
            <Small onClick={() => setMode('')}>Cancel</Small>
          </div>
        </div>
      ) : null}
    </div>
  );
};

export default function Candidates() {
  return (
    <div className="gc-cards">
      {props.cards.map((one) => (
        <Card key={one.number} one={one} />
      ))}
      <div className="gc-buttons">
        <Button size="sm" className="rounded-full" onClick={() => sendUserMessage('Looks good')}>
          Keep these samples
        </Button>
      </div>
    </div>
  );
}
