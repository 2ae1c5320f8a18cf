internal import ColumnStore

/// A line on a terminal that shows how far a long command is. Nothing at all where standard error is no terminal.
struct ProgressBar {
    /// Redrawn at most this often, in seconds.
    private static let period = 0.1
    private let isShown = Terminal.errorIsTerminal
    private let startedAt = SteadyClock.seconds()
    private var drawnAt = 0.0

    /// - Parameters:
    ///   - fraction: of the whole, nil when that is not known.
    ///   - count: records so far.
    mutating func show(fraction: Double?, count: Int, unit: String, isLast: Bool = false) {
        guard isShown else { return }
        let now = SteadyClock.seconds()
        guard isLast || now - drawnAt >= Self.period else { return }
        drawnAt = now
        let rate = Int(Double(count) / max(now - startedAt, 0.001))
        var line = "\(count) \(unit), \(rate) a second"
        if let fraction {
            let bounded = min(max(fraction, 0), 1)
            let width = max(10, min(40, Terminal.width - line.count - 10))
            let filled = Int(bounded * Double(width))
            line = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] \(Int(bounded * 100))% " + line
        }
        Terminal.writeError("\r" + line.prefix(max(20, Terminal.width - 1)) + "\u{1B}[K" + (isLast ? "\n" : ""))
    }
}
