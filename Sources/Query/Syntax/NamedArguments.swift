/// Arguments of one call that have names, for the functions whose parameters PostgreSQL names.
///
/// Functions here have parameters by place: `make_interval(days => 3)` is written as `make_interval(0, 0, 0, 3)`.
struct NamedArguments {
    private struct Parameters {
        let names: [String]
        /// What a parameter is that was left out between others; nil where each must be given.
        var filling: ExpressionSyntax.Kind?
    }

    private static let path = Parameters(names: ["target", "path", "vars", "silent"], filling: .string("{}"))
    /// Names of parameters as PostgreSQL's catalog has them, in their order.
    private static let known: [String: Parameters] = [
        "make_date": Parameters(names: ["year", "month", "day"]),
        "make_time": Parameters(names: ["hour", "min", "sec"]),
        "make_timestamp": Parameters(names: ["year", "month", "mday", "hour", "min", "sec"]),
        "make_timestamptz": Parameters(names: ["year", "month", "mday", "hour", "min", "sec", "timezone"]),
        "make_interval": Parameters(names: ["years", "months", "weeks", "days", "hours", "mins", "secs"], filling: .number("0")),
        "jsonb_path_exists": path, "jsonb_path_match": path, "jsonb_path_query": path, "jsonb_path_query_array": path, "jsonb_path_query_first": path,
        "jsonb_path_exists_tz": path, "jsonb_path_match_tz": path, "jsonb_path_query_tz": path, "jsonb_path_query_array_tz": path, "jsonb_path_query_first_tz": path,
        "jsonb_set_lax": Parameters(names: ["jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"], filling: .boolean(true)),
        "parse_ident": Parameters(names: ["str", "strict"]),
        "jsonb_set": Parameters(names: ["jsonb_in", "path", "replacement", "create_if_missing"]),
    ]

    private let function: NameSyntax
    /// Arguments by name, with the place of their parameter, as they came.
    private var given: [(place: Int, value: ExpressionSyntax)] = []

    init(of function: NameSyntax) { self.function = function }

    var isEmpty: Bool { given.isEmpty }

    /// - Throws: bad-sql for a name that is no parameter or comes twice; unsupported-sql for a function that has no names here.
    mutating func take(_ value: ExpressionSyntax, as name: NameSyntax) throws(QueryError) {
        guard let parameters = Self.known[function.text] else {
            throw .unsupported("arguments by name are not supported by \(function.text)", at: name.position).because(.undefinedFunction)
        }
        guard let place = parameters.names.firstIndex(of: name.text) else {
            throw .badSQL("\(function.text) has no parameter “\(name.text)”", at: name.position).because(.undefinedFunction)
        }
        guard !given.contains(where: { $0.place == place }) else { throw .badSQL("“\(name.text)” is given twice", at: name.position) }
        given.append((place, value))
    }

    /// All in the order of the parameters.
    ///
    /// - Parameter first: the arguments without names, which stand first.
    /// - Throws: bad-sql where a parameter is given twice, or a gap has nothing to fill it.
    func inOrder(behind first: [ExpressionSyntax]) throws(QueryError) -> [ExpressionSyntax] {
        var result = first
        for (place, value) in given.sorted(by: { $0.place < $1.place }) {
            guard place >= first.count else { throw .badSQL("\(function.text) is given an argument twice", at: value.position) }
            while result.count < place {
                guard let filling = Self.known[function.text]?.filling else {
                    throw .badSQL("\(function.text) needs the parameters before this one", at: value.position).because(.undefinedFunction)
                }
                result.append(ExpressionSyntax(kind: filling, position: function.position, height: 1))
            }
            result.append(value)
        }
        return result
    }
}
