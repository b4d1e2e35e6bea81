// Tells the server whether there is room for a panel beside the conversation.
const tell = () => { document.cookie = `goalcover_narrow=${window.innerWidth < 1024}; path=/; SameSite=Strict`; };
tell();
window.addEventListener('resize', tell);
