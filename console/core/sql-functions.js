// The functions that the editor completes: those of docs/sql-functions.md and the SQL section of the API's contract.

export const sqlFunctions = [
  'abs', 'approx_count_distinct', 'array_agg', 'avg', 'bool_and', 'bool_or', 'ceil', 'coalesce', 'concat', 'count', 'date_part', 'date_trunc', 'dense_rank', 'extract',
  'first_value', 'floor', 'generate_series', 'greatest', 'lag', 'last_value', 'lead', 'least', 'left', 'length', 'list_avg', 'list_count', 'list_max', 'list_min', 'list_sum',
  'lower', 'lpad', 'make_date', 'max', 'min', 'mod', 'mode', 'now', 'ntile', 'nullif', 'percentile_cont', 'percentile_disc', 'position', 'power', 'rank', 'regexp_replace',
  'replace', 'right', 'round', 'row_number', 'sign', 'split_part', 'sqrt', 'starts_with', 'stddev', 'string_agg', 'substring', 'sum', 'to_char', 'trim', 'unnest', 'upper', 'variance',
];
