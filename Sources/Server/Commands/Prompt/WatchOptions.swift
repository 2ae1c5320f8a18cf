/// The words behind `\watch`, as psql has them: `[[i=]SECONDS] [c=TIMES] [m=ROWS]`, or with whole names `interval=`, `count=` and `min_rows=`.
struct WatchOptions: Equatable {
    /// A server is not asked without a pause, nor kept waiting for days.
    static let secondsRange = 0.1...86_400.0

    private(set) var seconds = 2.0
    /// How often it runs; nil: until Ctrl-C.
    private(set) var count: Int?
    /// It ends where fewer rows come; nil: however few.
    private(set) var rowCountMin: Int?

    init(_ words: [String]) throws(CommandError) {
        var seen: Set<String> = []
        for word in words {
            let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = pair[pair.count - 1]
            let name =
                switch pair.count == 1 ? "i" : pair[0] {
                case "i", "interval": "interval"
                case "c", "count": "count"
                case "m", "min_rows": "min_rows"
                default: throw CommandError("\\watch does not know \(pair[0]): interval, count and min_rows are what it takes")
                }
            guard seen.insert(name).inserted else { throw CommandError("\\watch has its \(name) twice") }
            switch name {
            case "interval": seconds = try Self.seconds(value)
            case "count": count = try Self.number(value, of: name)
            default: rowCountMin = try Self.number(value, of: name)
            }
        }
    }

    private static func seconds(_ text: String) throws(CommandError) -> Double {
        guard let seconds = Double(text), secondsRange.contains(seconds) else { throw CommandError("\\watch wants seconds, from 0.1 to 86400, not \(text)") }
        return seconds
    }

    private static func number(_ text: String, of name: String) throws(CommandError) -> Int {
        guard let number = Int(text), number > 0 else { throw CommandError("\\watch wants a whole number from 1 on as its \(name), not \(text)") }
        return number
    }

    /// As a person writes them: without a point where none is needed.
    var secondsText: String { seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds) }
}
