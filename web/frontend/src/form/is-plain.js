// An object of names and values, as JSON has it.
export default value => value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
