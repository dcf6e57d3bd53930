// A key under which the server does a thing once, however often it is sent.
export default () => crypto.getRandomValues(new Uint32Array(4)).join('-');
