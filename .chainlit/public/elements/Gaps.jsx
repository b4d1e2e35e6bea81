// Gap cards: what is missing, with quotes that open the sample they come from. Everything in them is text.
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';

const Quote = ({ quote, sample }) => (
  <button type="button" className="gc-quote" title={`Open sample ${sample}`} onClick={() => sendUserMessage(`Show sample ${sample}`)}>
    {quote} <span className="gc-id">{sample}</span>
  </button>
);

const Capability = ({ one }) => (
  <div className="gc-part">
    <div className="gc-title">{one.title}</div>
    <div>{one.summary}</div>
    {one.quotes.map((quote) => (
      <Quote key={quote.sample + quote.quote} {...quote} />
    ))}
  </div>
);

const Card = ({ gap }) => (
  <div className="gc-card">
    <div className="gc-head">
      <div className="gc-name">{gap.name}</div>
      <Badge variant="secondary">{gap.badge}</Badge>
    </div>
    <div className="gc-soft">{gap.standing}</div>
    {gap.capabilities.map((one) => (
      <Capability key={one.title} one={one} />
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
        <Button key={ask.says} size="sm" variant="outline" className="rounded-full" onClick={() => sendUserMessage(ask.says)}>
          {ask.label}
        </Button>
      ))}
    </div>
  </div>
);

export default function Gaps() {
  return (
    <div className="gc-cards">
      {props.gaps.map((gap) => (
        <Card key={gap.name} gap={gap} />
      ))}
    </div>
  );
}
