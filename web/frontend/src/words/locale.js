// The page's language as browsers name it: what dates and numbers are written in.
export default () => ((document.documentElement.lang || 'zh').startsWith('en') ? 'en-GB' : 'zh-CN');
