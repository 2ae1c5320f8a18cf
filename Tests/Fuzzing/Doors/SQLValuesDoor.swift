import Query

/// Functions, operators and casts over values at the ends of their types. What is asked of constants, which planning works out, is asked of
/// columns as well: where both have an answer it is the same.
extension Door {
    static let sqlValues = Door(
        name: "sql-values", seeds: { (0..<32).map { seed in (0..<24).map { UInt8(truncatingIfNeeded: seed * 37 &+ $0 * 101 &+ seed * $0 * 13) } } },
        fuzz: { bytes in
            var maker = ExpressionMaker(Choices(bytes))
            let zone = maker.choices.pick(["UTC", "Europe/Kyiv", "America/New_York", "Asia/Tehran"])
            switch maker.choices.below(5) {
            case 0, 1, 2: try compare(&maker, zone)
            case 3: try SQLTrial.answer(maker.aggregate(), timeZone: zone)
            default: try SQLTrial.answer(maker.window(), timeZone: zone)
            }
        })

    private static func compare(_ maker: inout ExpressionMaker, _ zone: String) throws {
        let expression = maker.expression(depth: 2 + maker.choices.below(2))
        let constant = Result { try SQLTrial.answer("select \(expression.text) as v\(expression.readsRows ? " from r" : "")", timeZone: zone) }
        // The same values as columns of rows, which planning cannot see through: three rows of them, with the one answer thrice.
        if !expression.readsRows, !expression.goesByConstants, !maker.values.isEmpty {
            let names = maker.values.indices.map { "v\($0)" }.joined(separator: ", ")
            let row = "(" + maker.values.joined(separator: ", ") + ")"
            let rows = Result {
                try SQLTrial.answer("select \(expression.shape) as v from (values \(row), \(row), \(row)) k(\(names))", timeZone: zone)
            }
            if let one = try? constant.get(), let three = try? rows.get() {
                let head = Array("v\r\n".utf8)
                let value = Array(one.dropFirst(head.count))
                precondition(three == head + value + value + value, "constants give another answer than columns: \(expression.text)")
            }
        }
        _ = try constant.get()
    }
}

/// Makes expressions out of choices.
struct ExpressionMaker {
    var choices: Choices
    /// The values used so far, in order: `shape` has `v0`, `v1` … in their places.
    private(set) var values: [String] = []

    struct Made {
        var text: String
        var shape: String
        var readsRows = false
        /// Of columns it has another answer by what the documentation says: another scale, or chance.
        var goesByConstants = false
    }

    init(_ choices: Choices) { self.choices = choices }

    private static let operators = [
        "+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "~", "~*", "!~", "like", "ilike", "not like", "is distinct from", "and", "or", "^", "&",
        "<<", "at time zone",
    ]
    private static let scalars = FunctionRegistry.scalarNames.sorted()
    /// With so many arguments or more their answer is another one with each call, or has the scale that a constant says or needs.
    private static let byConstants = ["gen_random_uuid": 0, "random": 0, "round": 2, "to_number": 2, "trim_scale": 1, "trunc": 2]
    private static let aggregates = FunctionRegistry.aggregateNames.sorted()
    private static let windows = FunctionRegistry.windowNames.sorted()

    mutating func value() -> Made {
        let literals = choices.pick(SQLValues.literals)
        let text = choices.pick(literals.texts)
        if literals.type == "list" { return Made(text: text, shape: text, readsRows: true) }
        // An untyped text gets its type from where it stands: it stays there. Where it is to be a column, it is a VARCHAR as that is.
        let isText = literals.type == "varchar"
        if literals.type == "any" || isText && choices.flag() { return Made(text: text, shape: text) }
        let value = isText ? "(\(text))::varchar" : text
        values.append(value)
        return Made(text: value, shape: "v\(values.count - 1)")
    }

    mutating func expression(depth: Int) -> Made {
        if depth == 0 || choices.isAtEnd { return value() }
        switch choices.below(9) {
        case 0: return value()
        case 1, 2, 3: return call(depth)
        case 4, 5: return join([expression(depth: depth - 1), expression(depth: depth - 1)], "(", " \(choices.pick(Self.operators)) ", ")")
        case 6:
            let type = choices.pick(SQLValues.types)
            var made = join([expression(depth: depth - 1)], "(", "", ")::\(type)")
            // Its scale is that of the value, or of all that a column may hold.
            if type == "numeric" { made.goesByConstants = true }
            return made
        case 7:
            let prefix = choices.pick(["extract(\(choices.pick(SQLValues.fields)) from ", "date_trunc('\(choices.pick(SQLValues.fields))', ", "- (", "not ("])
            return join([expression(depth: depth - 1)], prefix, "", ")")
        default:
            let parts = (0..<3).map { _ in expression(depth: depth - 1) }
            let form = choices.below(3)
            if form == 0 { return join(parts, "case when ", " then ", " end", seconds: " else ") }
            return join(parts, "(", form == 1 ? " between " : " in (", form == 1 ? ")" : "))", seconds: form == 1 ? " and " : ", ")
        }
    }

    private mutating func call(_ depth: Int) -> Made {
        let name = choices.pick(Self.scalars)
        let count = choices.below(5)
        var made = join((0..<count).map { _ in expression(depth: depth - 1) }, name + "(", ", ", ")")
        if let least = Self.byConstants[name], count >= least { made.goesByConstants = true }
        return made
    }

    private func join(_ parts: [Made], _ open: String, _ between: String, _ close: String, seconds: String? = nil) -> Made {
        func text(_ texts: [String]) -> String {
            var result = open
            for (index, part) in texts.enumerated() { result += (index == 0 ? "" : index > 1 ? seconds ?? between : between) + part }
            return result + close
        }
        return Made(
            text: text(parts.map(\.text)), shape: text(parts.map(\.shape)), readsRows: parts.contains(where: \.readsRows),
            goesByConstants: parts.contains(where: \.goesByConstants))
    }

    /// Some values of one type as rows.
    private mutating func rows() -> String {
        let literals = choices.pick(SQLValues.literals.filter { $0.type != "list" && $0.type != "any" })
        let count = 1 + choices.below(6)
        return (0..<count).map { number in "(\(number % 2), \(choices.pick(literals.texts)))" }.joined(separator: ", ")
    }

    mutating func aggregate() -> String {
        let name = choices.pick(Self.aggregates)
        let argument = ["v", "distinct v", "v, ','", "*", "v order by v desc", "v::double precision", "v::numeric", "v::varchar, 'é' order by v"]
        var call = "\(name)(\(choices.pick(argument)))"
        if name.hasPrefix("percentile") || name == "mode" {
            call = "\(name)(\(name == "mode" ? "" : choices.pick(["0.5", "0", "1", "-0.1", "1e308", "null"]))) within group (order by v)"
        }
        let filter = choices.flag() ? " filter (where v is not null)" : ""
        let group = choices.pick(["", " group by g", " group by rollup(g, v)", " group by cube(g, v)", " group by grouping sets ((g), (), (v))"])
        return "select \(call)\(filter) from (values \(rows())) k(g, v)\(group)"
    }

    mutating func window() -> String {
        let isAggregate = choices.flag()
        let name = choices.pick(isAggregate ? Self.aggregates : Self.windows)
        let argument = isAggregate ? choices.pick(["v", "*", "v, ','"]) : choices.pick(["", "v", "v, 1", "v, 9223372036854775807, v", "v, -1", "3", "0", "2147483647"])
        let bounds = [
            "unbounded preceding", "current row", "unbounded following", "1 preceding", "1 following", "9223372036854775807 preceding",
            "9223372036854775807 following", "0 following", "interval '178956970 years' preceding", "interval '1 month' following", "1e308 preceding",
            "99999999999999999999999999999999999999 following",
        ]
        let kind = choices.pick(["rows", "range", "groups"])
        let frame = choices.flag() ? " \(kind) between \(choices.pick(bounds)) and \(choices.pick(bounds))" : ""
        let order = choices.pick([" order by v", " order by v desc nulls last", " order by g, v", ""])
        return "select \(name)(\(argument)) over (\(choices.flag() ? "partition by g" : "")\(order)\(frame)) from (values \(rows())) k(g, v)"
    }
}
