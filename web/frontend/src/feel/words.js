// What reading knows of FEEL and of those who write it.
export const DIALECT = 'camunda';    // the same grammar, and `names in backticks` besides
// A name with a keyword in it is read as one only if the parser was told of it.
export const KNOWN = { 'working days between': null };
export const LIMIT = 2_000;
// What stands for `?` in a cell.
export const INPUT = '__input';

// Functions that answer true or false: a filter that calls one asks every item.
export const BOOLEAN = new Set([
  'contains', 'starts with', 'ends with', 'matches', 'list contains', 'not', 'is', 'all', 'any', 'odd', 'even', 'before', 'after', 'meets',
  'met by', 'overlaps', 'includes', 'is working day',
]);
// What an input method for Chinese puts in the place of , ; ( and so on.
export const CHINESE = '，。；：（）【】「」“”‘’＞＜＝＋－？';
// What feelin hangs on the test before it.
export const SWALLOWED = new Set(['Conjunction', 'Disjunction', 'Comparison']);
export const DATELIKE = /^"\d{4}-\d{2}-\d{2}(T.*)?"$/;
