// Says a sentence in the language of the page; `{name}` in it is filled from `params`.
import zh from './zh.js';

const language = () => (document.documentElement.lang || 'zh').slice(0, 2);

export default function say(sentence, params = {}) {
  const said = language() === 'zh' ? zh[sentence] ?? sentence : sentence;
  return said.replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
}
