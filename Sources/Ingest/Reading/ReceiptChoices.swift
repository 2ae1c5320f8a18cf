import Documents

/// Rows of one receipt id as they are found: of an id that begins anew each day there are as many as clients have days, and no more of them are kept than an answer may list.
struct ReceiptChoices<Place> {
    /// A day and a client that have a receipt of the id.
    private struct Choice: Hashable, Comparable {
        let day: Int32
        let client: [UInt8]
        static func < (left: Choice, right: Choice) -> Bool {
            left.day != right.day ? left.day < right.day : left.client.lexicographicallyPrecedes(right.client)
        }
    }

    private let id: String
    private let countMax: Int
    /// Whether its days tell choices apart; else its clients alone do.
    private let hasDays: Bool
    private var choices: Set<Choice> = []
    /// The one to be shown where there is no choice: of the highest sequence, FAILED only while nothing else has its identity.
    private(set) var best: (place: Place, row: IdentifiedRow)?

    init(of id: String, countMax: Int, hasDays: Bool = true) { (self.id, self.countMax, self.hasDays) = (id, countMax, hasDays) }

    var count: Int { choices.count }

    /// By day, then by client.
    var all: [(businessDay: Int32, clientID: String)] { choices.sorted().map { (businessDay: $0.day, clientID: String(decoding: $0.client, as: UTF8.self)) } }

    /// - Throws: too-large for one choice too many.
    mutating func add(_ place: Place, _ row: IdentifiedRow) throws {
        try insert(Choice(day: row.businessDay, client: row.client))
        keep(place, row)
    }

    /// What another thread has found of the same id.
    ///
    /// - Throws: as for one.
    mutating func add(_ others: ReceiptChoices) throws {
        for choice in others.choices { try insert(choice) }
        if let best = others.best { keep(best.place, best.row) }
    }

    private mutating func insert(_ choice: Choice) throws {
        guard choices.insert(choice).inserted, choices.count > countMax else { return }
        let (holders, advice) = hasDays ? ("days, or clients,", "name its day, or whose it is") : ("clients", "say whose it is")
        throw Fault(.tooLarge, "more than \(countMax) \(holders) have a receipt \(id): \(advice)")
    }

    private mutating func keep(_ place: Place, _ row: IdentifiedRow) {
        if let known = best?.row {
            let (isHeld, isKnownHeld) = (row.state != .failed, known.state != .failed)
            guard isHeld == isKnownHeld ? row.sequence > known.sequence : isHeld else { return }
        }
        best = (place, row)
    }
}

extension ReceiptChoices: Sendable where Place: Sendable {}
