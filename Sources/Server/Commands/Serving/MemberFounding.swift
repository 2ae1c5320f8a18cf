internal import Cluster
internal import ColumnStore
internal import Ingest

/// A member's disk, where the object that says who leads is gone: what the disk has, and slots that go on from that, is what its cluster has from here on.
///
/// The object is made anew of an epoch above all others, as of a leader that is alone; the other machine is cut back to what both have, and sent the rest.
struct MemberFounding {
    private let founding: Founding
    private var directory: String { founding.directory }
    private var folder: String { "\(directory)/\(ReplicaStore.folder)" }

    init(_ founding: Founding) { self.founding = founding }

    /// - Throws: `RecordFile.CommandFault` where a server has the directory.
    func run(withoutSlots: Bool) throws {
        let kept = Int64(founding.settings.pair.recordsByteCount)
        let (file, cut) = try RecordFile.open(folder, segmentByteCount: kept / 8)
        if cut > 0 {
            founding.say("the end of the records in \(folder), \(cut) bytes, was none, as a crash of the machine leaves it, and was put aside (records.cut-\(file.tail.sequence + 1)). Where \(founding.peer)'s directory has more, found with that")
        }
        let checkpoint = try StoreCheckpoint(file, folder: folder, keptByteCount: kept, log: founding.log)
        // An attempt that ended behind its last step has founded.
        if try isFounded() { return }
        let identity = try MemberIdentity.of(file, directory: directory)
        if try hasFounded(file, identity) { return }
        try founding.places.requireNone(own: identity)
        guard let store = identity, file.tail.sequence > 0 else {
            throw UsageError("\(directory) has no records of a cluster: a machine with an empty directory is started as it is, and founds its cluster by itself or joins one")
        }
        try prove(file, checkpoint)
        try checkArchive(store, file, checkpoint)
        let tail = file.tail
        founding.say("\(directory) has the store \(store.text); its last record is \(tail.sequence), of epoch \(tail.epoch), digest \(tail.hash.text). What \(founding.peer) alone has beyond what is founded with is dropped")
        let rest = try checkSlots(file.history, withoutSlots: withoutSlots)
        try checkPeer(store, rest?.last ?? tail)
        let epoch = try Founding.epoch(above: max(file.promise, tail.epoch, rest?.last.epoch ?? 0, try founding.places.lastGeneration()))
        // Before the object is there: it leads by a promise of its own.
        try file.promise(epoch)
        try founding.reached(.promised)
        try founding.places.create(founding.configuration(epoch: epoch, nonce: Founding.nonce(), base: tail, store: store, level: max(file.level, rest?.level ?? 1), rest: rest))
        try founding.reached(.created)
        founding.say("\(founding.places.objectName) has an object again: epoch \(epoch), \(founding.node) leads")
        sayWhatIsNext()
    }

    private func sayWhatIsNext() {
        founding.sayWhatIsNext()
        founding.say("then start \(founding.peer) with its own directory, which is cut back to what both have and sent what it lacks; if it ends (status 75) or says that its records end before what its files tell, with an empty one")
    }

    private func isFounded() throws -> Bool {
        guard let bytes = try StoreFounding.note(LoneFounding.objectName, in: directory) else { return false }
        guard let noted = try? Configuration(parsingObject: bytes), try founding.places.present()?.nonce == noted.nonce else {
            try StoreFounding.clear(directory)
            return false
        }
        try StoreFounding.clear(directory)
        founding.say("an attempt before has founded the cluster: \(founding.places.objectName) has its object, and \(directory) is \(founding.node)'s")
        founding.sayWhatIsNext()
        return true
    }

    /// A create that nobody knew the end of may come after its attempt: the object names this machine then, in an epoch that its disk has promised and has no record of.
    private func hasFounded(_ file: RecordFile, _ identity: StoreIdentity?) throws -> Bool {
        guard let identity, let found = try founding.places.present(), found.store == nil || found.store == identity, found.leader == founding.node, found.insync == [founding.node],
            found.epoch > file.tail.epoch, found.epoch <= file.promise
        else { return false }
        founding.say("\(founding.places.objectName) has this machine's object: epoch \(found.epoch), \(founding.node) leads, of the store \(identity.text). An attempt before has founded the cluster, and nothing else is to be done here")
        sayWhatIsNext()
        return true
    }

    /// What would be asked of the other machine otherwise, which is to be cut back to this one: records alone are no store where those before them are gone.
    private func prove(_ file: RecordFile, _ checkpoint: StoreCheckpoint) throws {
        if let least = try ReplicaStore(directory: directory).leastSequence, least > file.tail.sequence {
            throw CommandError("the files of \(directory) tell records up to \(least), and its records end with \(file.tail.sequence): this disk is not whole. Found with the other machine's")
        }
        guard file.base.sequence > 0 else { return }
        let path = "\(folder)/\(StoreCheckpoint.name)"
        guard checkpoint.report.record >= file.base.sequence else {
            throw CommandError("\(path) ends with record \(checkpoint.report.record), and records begin after \(file.base.sequence): this disk is not whole. Found with the other machine's")
        }
        if let fault = try CheckpointFiles.fault(path) { throw CommandError("\(path) is damaged: \(fault). Found with the other machine's") }
    }

    /// One that is damaged keeps nobody from founding: whoever leads says so, and what counts lies on disks and in slots.
    private func checkArchive(_ store: StoreIdentity, _ file: RecordFile, _ checkpoint: StoreCheckpoint) throws {
        // The store's number came with its first record, which counts since that is known.
        let counted = max(1, file.base.sequence, checkpoint.report.record)
        do { try founding.places.requireOwnArchive(store, file.history, counted: counted) } catch let error as ColumnStoreError where error.code == .corruptFile {
            founding.say("the archive in log.url cannot be read, and whether it is this pair's is not known: \(error)")
        }
    }

    /// - Returns: what slots have beyond this disk, which is read as the machine is started; nil: nothing is.
    private func checkSlots(_ history: History, withoutSlots: Bool) throws -> FoundingPlaces.Rest? {
        let lacking = try founding.places.lacking(history)
        guard !lacking.isEmpty else { return nil }
        let words = lacking.joined(separator: "; ")
        if withoutSlots {
            founding.say("left out, as --without-slots says: \(words)")
            return nil
        }
        if lacking.count == 1, let rest = try founding.places.rest(beyond: history) {
            founding.say("log.url has records that this directory lacks, up to \(rest.last.sequence), of epoch \(rest.last.epoch): they go on from what it has, and are read as \(founding.node) is started")
            return rest
        }
        throw UsageError(
            "log.url has records that this directory lacks, and they may have been acknowledged: \(words). They cannot be read on from what it has. Found with the machine whose directory has them; where none has, --without-slots leaves them out for good")
    }

    /// - Parameter tail: the last record that is founded with.
    private func checkPeer(_ store: StoreIdentity, _ tail: Mark) throws {
        guard let seen = try founding.lookForPeer(store) else {
            return founding.say("\(founding.peer) does not speak to \(founding.settings.pair.host):\(founding.settings.pair.port): nobody knows if it has more")
        }
        guard (seen.tail.epoch, seen.tail.sequence) <= (tail.epoch, tail.sequence) else {
            throw UsageError(
                "\(founding.peer) has more: its last record is \(seen.tail.sequence), of epoch \(seen.tail.epoch). Found with its directory: stop it, and say till cluster found there")
        }
        founding.say("\(founding.peer) runs, and its last record is \(seen.tail.sequence), of epoch \(seen.tail.epoch)")
    }
}
