internal import Cluster
internal import ColumnStore
internal import Ingest

/// The object and the slots of a cluster that is to be founded: looked at before anything is made, since the object is made once, and never beside one that is there.
///
/// Unlike a start, a founding without an answer of a place does nothing: what is not known may be another cluster.
struct FoundingPlaces {
    private let object: any ObjectPlace
    let slots: SlotPlace?
    /// For people.
    let objectName: String

    /// - Parameter directory: absolute.
    /// - Throws: `UsageError`, what a bucket does that it must not, and where it gives no answer.
    init(_ settings: Settings, directory: String) throws {
        object = try ClusterObject.place(settings)
        slots = try ClusterObject.slots(settings)
        objectName = settings.pair.witness.map { "the witness \($0)" } ?? "cluster.config, \(settings.pair.objectURL ?? "")"
        if let url = settings.logURL, url.hasPrefix("file://"), "\(url.dropFirst("file://".count))/".hasPrefix("\(directory)/") {
            throw UsageError("log.url: \(url) lies within the store that it is to outlive")
        }
        for (_, place) in try ClusterObject.buckets(settings) { if let fault = try place.fault() { throw fault } }
    }

    var hasBucket: Bool { slots != nil }

    /// - Throws: also for what is no object: whoever put it there is to take it away.
    func present() throws -> Configuration? {
        guard let bytes = try object.read()?.bytes else { return nil }
        do throws(FrameFault) { return try Configuration(parsingObject: bytes) } catch { throw CommandError("the object in \(objectName) cannot be read: \(error.reason)") }
    }

    /// - Throws: `UsageError` where there is one.
    func requireNone() throws { if let found = try present() { throw taken(found) } }

    func taken(_ found: Configuration) -> UsageError {
        UsageError(
            "\(objectName) has an object already: epoch \(found.epoch), \(found.leader) leads, in sync are \(found.insync.joined(separator: " and "))\(found.store.map { ", of the store \($0.text)" } ?? ""). "
                + "It is never made anew beside that: start this machine as a member of that cluster (an empty directory is filled by the other machine), ask till cluster status, transfer and join, or name another place")
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
            return record.epoch == history.epoch(at: last) ? nil : "\(key), and this directory has another record of that number"
        }
    }

    /// The highest generation that has anything; 0: none has.
    func lastGeneration() throws -> Int { try slots?.lastGeneration() ?? 0 }

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
