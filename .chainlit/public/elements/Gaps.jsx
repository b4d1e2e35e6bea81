// Gap cards: what is missing, with quotes that open the sample they come from. Everything in them is text.
import { useChatData } from '@chainlit/react-client';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';

const Quote = ({ quote, sample, ...rest }) => (
  <button type="button" className="gc-quote" title={`Open sample ${sample}`} {...rest}>
    {quote} <span className="gc-id">{sample}</span>
  </button>
);

const Card = ({ gap, say, loading }) => (
  <div className="gc-card">
    <div className="gc-head">
      <div className="gc-name">{gap.name}</div>
      <Badge variant="secondary">{gap.badge}</Badge>
    </div>
    <div className="gc-soft">{gap.standing}</div>
    {gap.capabilities.map((one) => (
      <div key={one.title} className="gc-part">
        <div className="gc-title">{one.title}</div>
        <div>{one.summary}</div>
        {one.quotes.map((quote) => (
          <Quote key={quote.sample + quote.quote} {...quote} disabled={loading} onClick={() => say(`Show sample ${quote.sample}`)} />
        ))}
      </div>
    ))}
    {gap.rest ? <div className="gc-part gc-soft">{gap.rest}</div> : null}
    {gap.advice.length ? <div className="gc-part gc-title">What to do</div> : null}
    <ol className="gc-steps">
      {gap.advice.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
    <div className="gc-buttons">
      {gap.asks.map((ask) => (
        <Button key={ask.says} size="sm" variant="outline" className="rounded-full" disabled={loading} onClick={() => say(ask.says)}>
          {ask.label}
        </Button>
      ))}
    </div>
  </div>
);

const Gaps = window.once('Gaps', ({ gaps, say }) => {
  const { loading } = useChatData();
  return (
    <div className="gc-cards">
      {gaps.map((gap) => (
        <Card key={gap.name} {...{ gap, say, loading }} />
      ))}
    </div>
  );
});

export default <Gaps {...props} say={(says) => callAction({ name: 'say', payload: { says } })} />;
