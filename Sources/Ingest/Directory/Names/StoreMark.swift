internal import Synchronization

/// What a store's files bear of their catalog: which store they are of, and how many changes the catalog had seen when they were last
/// written.
///
/// Each change of the catalog that another file may depend on makes its generation one more, in the same transaction. Hot files note the
/// generation with their next commit, each version of a cold table has it among its properties, `FORMAT` gets it at each start and end. So a
/// catalog whose generation is below that of any file is an older one than that file has known.
final class StoreMark: Sendable {
    /// 32 digits.
    let store: String
    private let current: Atomic<Int64>
    /// Of the highest sequence given out, for versions of cold tables.
    private let highest = Atomic<Int64>(0)

    static let storeProperty = "till.store"
    static let generationProperty = "till.generation"
    static let sequenceProperty = "till.sequence"
    /// In a hot file's `meta`.
    static let storeKey = "store"
    static let generationKey = "catalog_generation"

    init(store: String, generation: Int64) {
        self.store = store
        current = Atomic(generation)
    }

    var generation: Int64 { current.load(ordering: .acquiring) }

    /// The change is durable.
    func note(generation: Int64) { _ = current.max(generation, ordering: .acquiringAndReleasing) }
    func note(sequence: Int64) { _ = highest.max(sequence, ordering: .acquiringAndReleasing) }

    /// For a version of a cold table that is being made.
    var properties: [String: String] {
        [
            Self.storeProperty: store, Self.generationProperty: String(generation),
            Self.sequenceProperty: String(highest.load(ordering: .acquiring)),
        ]
    }
}

/// How far a file had come when the catalog noted it. A file that says less of itself is an older copy, which somebody has put in its place.
///
/// Noted in the catalog's `meta`, each under the file's name below DATA, once the file itself has it durably: a crash leaves a file that is further than its note, never behind it. Not with each commit, which would cost a sync
/// more, but now and then (`ReachNotes`, `ReachStamp`): what came to a file after its last note is not missed.
struct FileReach: Equatable, Sendable {
    /// Of the catalog, as a hot file bears it; 0 of other files.
    var generation: Int64 = 0
    /// Of a hot file its last sequence; of other files a count of their own.
    var number: Int64

    /// Within keys of `meta`: do not rename.
    private static let prefix = "reached/"
    // `~` stands behind all that a name may have, so the two ends are a range of the key's index.
    private static let isNote = "key >= '\(prefix)' AND key < '\(prefix)~'"

    init(generation: Int64 = 0, number: Int64) { (self.generation, self.number) = (generation, number) }

    /// - Returns: nil for what is no note.
    private init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let generation = Int64(words[0]), let number = Int64(words[1]) else { return nil }
        (self.generation, self.number) = (generation, number)
    }

    func isBehind(_ noted: FileReach) -> Bool { generation < noted.generation || number < noted.number }

    /// Of a hot file.
    static func name(ofHot name: String) -> String { "hot/\(name).sqlite" }

    /// By the files' names. A note that is none is left out: the next one takes its place.
    ///
    /// - Parameter catalog: of this or an earlier version.
    static func noted(_ catalog: SQLiteConnection) throws -> [String: FileReach] {
        let select = try catalog.statement("SELECT key, value FROM meta WHERE \(isNote)")
        defer { select.reset() }
        var found: [String: FileReach] = [:]
        while try select.step() { found[String(select.text(0).dropFirst(prefix.utf8.count))] = FileReach(select.text(1)) }
        return found
    }

    /// Within a transaction of the catalog.
    static func note(_ reached: [String: FileReach], _ catalog: SQLiteConnection) throws {
        let put = try catalog.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        for (name, reach) in reached.sorted(by: { $0.key < $1.key }) {
            try put.bind(1, prefix + name)
            try put.bind(2, "\(reach.generation) \(reach.number)")
            try put.run()
        }
    }

    /// The files are gone, or are taken as they are.
    static func forget(_ names: some Sequence<String>, _ catalog: SQLiteConnection) throws {
        let delete = try catalog.statement("DELETE FROM meta WHERE key = ?1")
        for name in names {
            try delete.bind(1, prefix + name)
            try delete.run()
        }
    }

    /// All files are taken as they are: those of a restore, and what a recovery has found.
    static func forgetAll(_ catalog: SQLiteConnection) throws { try catalog.execute("DELETE FROM meta WHERE \(isNote)") }
}
