internal import Cluster
internal import ColumnStore
internal import Ingest

/// The object and the slots of a cluster that is to be founded: looked at before anything is made, since the object is made once, and never beside one that is there.
///
/// Unlike a start, a founding without an answer of a place does nothing: what is not known may be another cluster.
struct FoundingPlaces {
    private let object: any ObjectPlace
    let slots: SlotPlace?
    private let archive: ArchivePlace?
    /// For people.
    let objectName: String

    /// - Parameter directory: absolute, and there.
    /// - Throws: `UsageError`, what a bucket does that it must not, and where it gives no answer.
    init(_ settings: Settings, directory: String) throws {
        try MemberPlaces.checkLog(settings, directory: directory)
        object = try ClusterObject.place(settings)
        slots = try ClusterObject.slots(settings)
        objectName = settings.pair.witness.map { "the witness \($0)" } ?? "cluster.config, \(settings.pair.objectURL ?? "")"
        archive = try MemberOpening.archivePlace(settings, directory: directory)
        for (_, place) in try ClusterObject.buckets(settings) { if let fault = try place.fault() { throw fault } }
    }

    var hasBucket: Bool { slots != nil }

    /// - Throws: also for what is no object: whoever put it there is to take it away.
    func present() throws -> Configuration? {
        guard let bytes = try object.read()?.bytes else { return nil }
        do throws(FrameFault) { return try Configuration(parsingObject: bytes) } catch { throw CommandError("the object in \(objectName) cannot be read: \(error.reason)") }
    }

    /// - Parameter own: of a member's directory.
    /// - Throws: `UsageError` where there is one.
    func requireNone(own: StoreIdentity?) throws { if let found = try present() { throw taken(found, own: own) } }

    /// - Parameter own: of a member's directory: nobody is to empty that for another's object.
    func taken(_ found: Configuration, own: StoreIdentity? = nil) -> UsageError {
        let there = "\(objectName) has an object already: epoch \(found.epoch), \(found.leader) leads, in sync are \(found.insync.joined(separator: " and "))\(found.store.map { ", of the store \($0.text)" } ?? ""). "
        if let own, found.store != own {
            return UsageError(
                there + "It does not name the store of this directory, \(own.text), which stays as it is: keep it. Where a machine has made that object that came with an empty directory, stop it, put the object elsewhere, "
                    + "and say this again; where another cluster has, name another place")
        }
        return UsageError(
            there + "It is never made anew beside that: start this machine as a member of that cluster (an empty directory is filled by the other machine), ask till cluster status, transfer and join, or name another place")
    }

    // MARK: Slots

    /// Slots that a disk lacks, or has others for: records that were acknowledged, perhaps, and would be left out.
    ///
    /// - Parameter history: of the disk.
    /// - Returns: what they are, in words; none where the disk has them all.
    func lacking(_ history: History) throws -> [String] {
        guard let slots else { return [] }
        return try slots.lasts().compactMap { generation, last in
            let key = SlotPlace.key(generation, last)
            guard last <= history.last else { return "\(key), and this directory ends with record \(history.last)" }
            // What cannot be read says nothing of what it was.
            guard let record = try? slots.read(generation, last, of: nil) else { return "\(key), which is damaged, or gives no answer" }
            return history.mayHave(record.mark) ? nil : "\(key), and this directory has another record of that number"
        }
    }

    /// What slots have beyond a disk, going on from what it has.
    struct Rest {
        /// Their generation: who comes to lead with it reads them.
        let log: Configuration.LogStart
        let last: Mark
        /// As `RecordFile.level`, of these.
        let level: Int
    }

    /// Slots that a disk lacks and goes on with, once its machine leads with their generation: nothing of them is left out then.
    ///
    /// Only the last generation that has a slot is one: as it began, those before had come to their ends, and all before its first slot was on each disk that was in sync.
    ///
    /// - Parameter history: of the disk.
    /// - Returns: nil where they do not go on from it, or one of them is not there or cannot be read: that is a person's to decide.
    func rest(beyond history: History) throws -> Rest? {
        guard let slots, let end = try slots.lasts().last, end.sequence > history.last else { return nil }
        guard let log = try? slots.start(of: end.generation), history.mayHave(log.base) else { return nil }
        var before = log.base
        if history.last > before.sequence {
            guard let record = try? slots.read(end.generation, history.last, of: nil), record.epoch == history.epoch(at: history.last) else { return nil }
            before = record.mark
        }
        // Each is looked at again as the machine comes to lead, which it does not where one is damaged: better it is reported now.
        var (last, level) = (before, 1)
        let isWhole = try slots.walk(end.generation, after: before, through: end.sequence) { record in (last, level) = (record.mark, max(level, record.level)) }
        return isWhole ? Rest(log: log, last: last, level: level) : nil
    }

    /// The highest generation that has anything; 0: none has.
    func lastGeneration() throws -> Int { try slots?.lastGeneration() ?? 0 }

    // MARK: The archive

    /// A store that one machine had alone is in no archive of a pair: what lies there is another past, also where that has the same store's number (it was restored from there, or from a backup of that pair).
    ///
    /// - Throws: `UsageError`; where the place gives no answer.
    func requireNoArchive() throws {
        guard let archive else { return }
        if try archive.hasLogOfOne() { throw UsageError("log.url, \(archive.url), has the log of a single server: \(Self.ownURL)") }
        if try archive.isThere() {
            throw UsageError("log.url, \(archive.url), has the archive of a pair already, whose records are another past than this store's, also where it was restored from there: \(Self.ownURL)")
        }
    }

    private static let ownURL = "give it a log.url of its own, with nothing else in it"

    /// A member goes on with the archive of its own pair, and with no other's.
    ///
    /// - Parameters:
    ///   - history: of the disk.
    ///   - counted: the last of its records that is known to have counted.
    /// - Throws: `UsageError`; `ColumnStoreError.corruptFile` for an archive that cannot be read; where the place gives no answer.
    func requireOwnArchive(_ store: StoreIdentity, _ history: History, counted: Int) throws {
        guard let archive else { return }
        do {
            guard let past = try archive.otherPast(than: store, history, counted: counted) else { return }
            throw UsageError("log.url, \(archive.url), has \(past): \(Self.ownURL)")
        } catch let both as ArchivePlace.Both { throw UsageError("\(both)") }
    }

    // MARK: Making it

    /// Makes the object, and before it what it speaks of: each step can be done again.
    ///
    /// - Throws: `UsageError` where another was quicker, or slots are another store's.
    func create(_ configuration: Configuration) throws {
        do {
            if let store = configuration.store { try slots?.claim(store) }
            if let log = configuration.log { try slots?.begin(log) }
        } catch let other as SlotPlace.OtherStore { throw UsageError("\(other)") }
        var named = configuration
        // A witness of a version before keeps no name; whoever leads writes it down once it does.
        _ = try object.read()
        if !object.takesStores { named.store = nil }
        let isMade: Bool
        do { isMade = try object.create(named.objectBytes) } catch {
            // Nobody knows: the next look tells.
            guard let found = try present() else { throw error }
            guard found.nonce == configuration.nonce else { throw taken(found) }
            return
        }
        guard !isMade, let found = try present(), found.nonce != configuration.nonce else { return }
        throw taken(found)
    }
}
