// Proposed samples, each with its verdict, to keep, edit or reject; in the end all that is left is kept. Everything in them is text.
import { useState } from 'react';
import { useChatData } from '@chainlit/react-client';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Textarea } from '@/components/ui/textarea';

const Small = (rest) => <Button size="sm" variant="outline" className="rounded-full" {...rest} />;

const Editor = ({ mode, words, setWords, disabled, onSend, onCancel }) => (
  <div className="gc-part">
    <Textarea
      autoFocus
      value={words}
      rows={mode === 'edit' ? 6 : 2}
      aria-label={mode === 'edit' ? 'The new answer' : 'Why it is rejected'}
      placeholder={mode === 'edit' ? 'The new answer' : 'Why? The next samples learn from it.'}
      onChange={(event) => setWords(event.target.value)}
    />
    <div className="gc-buttons">
      <Small variant="default" disabled={disabled || (mode === 'edit' && !words.trim())} onClick={onSend}>
        {mode === 'edit' ? 'Save' : 'Reject it'}
      </Small>
      <Small onClick={onCancel}>Cancel</Small>
    </div>
  </div>
);

const Card = ({ one, open, editor, setEditor, say, loading }) => {
  const mode = editor.number === one.number ? editor.mode : '';
  const begin = (next) => setEditor({ number: one.number, mode: next, words: next === 'edit' ? one.output : '' });
  const decide = (event, says) => {
    window.stay(event.currentTarget.closest('.gc-card'));
    return say(says);
  };
  const send = async (event) => {
    const words = editor.words.trim();
    const says = mode === 'edit' ? `Edit ${one.number}: ${words}` : `Reject ${one.number}${words ? `: ${words}` : ''}`;
    if (await decide(event, says)) setEditor({});
  };
  return (
    <div className={one.decision === 'rejected' ? 'gc-card gc-out' : 'gc-card'}>
      <div className="gc-head">
        <div className="gc-name">{one.number}. Made for “{one.capability}”</div>
        {one.decision ? <Badge>{one.decision}</Badge> : null}
        <Badge variant="secondary">{one.badge}</Badge>
      </div>
      <div className="gc-part gc-text">{one.input}</div>
      <div className="gc-part gc-text gc-answer">{one.output}</div>
      <div className="gc-part gc-soft">{one.verdict}</div>
      {one.why ? <div className="gc-part">Rejected: {one.why}</div> : null}
      {one.flags.length ? <div className="gc-part gc-title">Look at: {one.flags.join(', ')}</div> : null}
      <div className="gc-buttons">
        {one.parents.length ? <span className="gc-soft gc-note">after</span> : null}
        {one.parents.map((parent) => (
          <button key={parent} type="button" className="gc-id" disabled={loading} onClick={() => say(`Show sample ${parent}`)}>
            {parent}
          </button>
        ))}
        {open && !mode && ['', 'rejected'].includes(one.decision) ? (
          <Small disabled={loading} onClick={(event) => decide(event, `Accept ${one.number}`)}>
            Keep
          </Small>
        ) : null}
        {open && !mode ? <Small onClick={() => begin('edit')}>Edit</Small> : null}
        {open && !mode && one.decision !== 'rejected' ? <Small onClick={() => begin('reject')}>Reject</Small> : null}
      </div>
      {mode ? (
        <Editor
          {...editor}
          disabled={loading}
          setWords={(words) => setEditor({ ...editor, words })}
          onSend={send}
          onCancel={() => setEditor({})}
        />
      ) : null}
    </div>
  );
};

const Candidates = window.once('Candidates', ({ cards, open, say }) => {
  const { loading } = useChatData();
  const [editor, setEditor] = useState({});
  const left = cards.filter((one) => one.decision !== 'rejected').length;
  return (
    <div className="gc-cards">
      {cards.map((one) => (
        <Card key={one.number} {...{ one, open, editor, setEditor, say, loading }} />
      ))}
      {open ? (
        <div className="gc-buttons">
          <Small variant="default" disabled={loading} onClick={() => say('Looks good')}>
            {left ? `Keep ${left === 1 ? 'this sample' : `these ${left} samples`}` : 'Keep none'}
          </Small>
        </div>
      ) : null}
    </div>
  );
});

export default (
  <Candidates {...props} say={async (says) => (await callAction({ name: 'say', payload: { says, asked: props.asked } })).response} />
);
