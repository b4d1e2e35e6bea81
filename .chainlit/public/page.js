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

// A chat's address, so that a reload goes on with it. Chainlit's list of chats gives it, which a narrow page does not have.
window.addEventListener('message', ({ source, data }) => {
  const isNew = source === window && window.location.pathname === '/' && typeof data?.thread === 'string' && /^[\w-]+$/.test(data.thread);
  if (isNew) window.history.replaceState(window.history.state, '', `/thread/${data.thread}`);
});

// An earlier chat opens where it ended, not at its beginning, whichever way one comes to it: what is said there is not
// what was on the page as its address changed, which in a new chat are its first words.
let path, before;
new MutationObserver(() => {
  const said = [...document.querySelectorAll('[data-step-type="user_message"]')];
  if (path !== window.location.pathname) [path, before] = [window.location.pathname, said];
  if (!before || !path.startsWith('/thread/') || !said.length || before.includes(said[0])) return;
  before = undefined;
  // A second time when charts have found their heights.
  for (const ms of [300, 1500]) setTimeout(() => said[said.length - 1].scrollIntoView(), ms);
}).observe(document.documentElement, { childList: true, subtree: true });

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
