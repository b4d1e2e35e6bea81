// Tells the server whether there is room for a panel beside the conversation.
const tell = () => { document.cookie = `goalcover_narrow=${window.innerWidth < 1024}; path=/; SameSite=Strict`; };
tell();
window.addEventListener('resize', tell);

// Dark where the system is, until somebody chooses otherwise: Chainlit's setting knows light and dark only.
localStorage.getItem('vite-ui-theme') ?? localStorage.setItem('vite-ui-theme', 'system');

// For our elements: Chainlit runs their files again whenever an answer begins or ends. A component made anew each time
// would lose what a person has typed or chosen in it, and the click that comes in between.
const made = {};
window.once = (name, component) => (made[name] ??= component);

// An earlier chat opens where it ended, not at its beginning.
if (window.location.pathname.startsWith('/thread/')) {
  const watching = new MutationObserver(() => {
    const said = document.querySelectorAll('[data-step-type="user_message"]');
    if (!said.length) return;
    watching.disconnect();
    // A second time when charts have found their heights.
    for (const ms of [300, 1500]) setTimeout(() => said[said.length - 1].scrollIntoView(), ms);
  });
  watching.observe(document.documentElement, { childList: true, subtree: true });
}

// A decision on a card is a message, and the page goes to a message: for as long as that lasts, the card stays in place.
window.stay = (card) => {
  let scroller = card.parentElement;
  while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement;
  const top = card.getBoundingClientRect().top;
  const end = Date.now() + 1500;
  const hold = () => {
    scroller.scrollTop += card.getBoundingClientRect().top - top;
    if (Date.now() < end) requestAnimationFrame(hold);
  };
  if (scroller) hold();
};
