package struct Metric: Sendable {
    package enum Kind: String, Sendable { case counter, gauge }
    package var name: String
    package var help: String
    package var kind: Kind
    package var labels: [(name: String, value: String)]
    package var value: Double
    /// Why the last of what is counted was so; for the log, since there is no end of such texts.
    package var reason: String?
    package init(name: String, help: String, kind: Kind, labels: [(name: String, value: String)] = [], value: Double, reason: String? = nil) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        self.value = value
        self.reason = reason
    }
}
