/// The setting `DateStyle`, as its words change it: the style that dates are written in, and the order of their numbers by which texts of dates are read.
struct DateStyleSetting {
    enum Fault: Error {
        case unknown(String), conflict

        /// As PostgreSQL says it.
        var detail: String {
            switch self {
            case .unknown(let word): "Unrecognized key word: \"\(word)\"."
            case .conflict: "Conflicting \"datestyle\" specifications."
            }
        }
    }

    private var style: String
    private var order: String
    private var saysStyle = false
    private var saysOrder = false

    /// - Parameter shown: as the setting is kept, `ISO, MDY`.
    init(_ shown: String) { (style, order) = (String(shown.prefix { $0 != "," }), String(shown.suffix(3))) }

    var shown: String { "\(style), \(order)" }

    /// Of what no word speaks stays as it was.
    ///
    /// - Parameters:
    ///   - words: with commas between.
    ///   - reset: what the session began with.
    mutating func take(_ words: String, reset: String) throws(Fault) {
        for word in words.lowercased().split(separator: ",") {
            let word = word.split(separator: " ").joined(separator: " ")
            switch word {
            case "iso": try say(style: "ISO")
            case "sql": try say(style: "SQL")
            case "german":
                // It has an order of its own, where none was said.
                if !saysOrder { order = "DMY" }
                try say(style: "German")
            case "ymd": try say(order: "YMD")
            case "dmy": try say(order: "DMY")
            case "mdy", "us": try say(order: "MDY")
            case "default":
                let first = DateStyleSetting(reset)
                if !saysStyle { style = first.style }
                if !saysOrder { order = first.order }
            // PostgreSQL looks at no more of these.
            case _ where word.hasPrefix("postgres"): try say(style: "Postgres")
            case _ where word.hasPrefix("euro"): try say(order: "DMY")
            case _ where word.hasPrefix("noneuro"): try say(order: "MDY")
            default: throw .unknown(word)
            }
        }
    }

    private mutating func say(style said: String) throws(Fault) {
        guard !saysStyle || style == said else { throw .conflict }
        (style, saysStyle) = (said, true)
    }

    private mutating func say(order said: String) throws(Fault) {
        guard !saysOrder || order == said else { throw .conflict }
        (order, saysOrder) = (said, true)
    }
}
