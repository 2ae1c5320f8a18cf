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
    private var choices: Set<Choice> = []
    /// The one to be shown where there is no choice: of the highest sequence, FAILED only while nothing else has its identity.
    private(set) var best: (place: Place, row: IdentifiedRow)?

    init(of id: String, countMax: Int = 10_000) { (self.id, self.countMax) = (id, countMax) }

    var count: Int { choices.count }

    /// By day, then by client.
    var all: [(businessDay: Int32, clientID: String)] { choices.sorted().map { (businessDay: $0.day, clientID: String(decoding: $0.client, as: UTF8.self)) } }

    /// - Throws: too-large for one choice too many.
    mutating func add(_ place: Place, _ row: IdentifiedRow) throws {
        if choices.insert(Choice(day: row.businessDay, client: row.client)).inserted, choices.count > countMax {
            throw Fault(.tooLarge, "more than \(countMax) days, or clients, have a receipt \(id): name its day, or whose it is")
        }
        if let known = best?.row {
            let (isHeld, isKnownHeld) = (row.state != .failed, known.state != .failed)
            guard isHeld == isKnownHeld ? row.sequence > known.sequence : isHeld else { return }
        }
        best = (place, row)
    }
}
