internal import Cluster
internal import ColumnStore
internal import Ingest

/// A store that one machine had alone becomes the first of a pair's.
///
/// The store as it stands is the checkpoint of a record that was never kept: number 1, of an epoch and with a hash by chance, so that no other founding has the same. The other machine is sent it as any
/// that comes with an empty directory.
///
/// 1. Opened and closed, so that its files tell all. 2. Copied to the checkpoint, beside DATA/cluster. 3. The object is created. 4. One rename makes the directory a member's.
///
/// An end between any two of them leaves a store that starts alone. Between 3 and 4 the object is there already: nobody can lead by it but a disk with that record, and the next attempt knows it as its own by
/// what is noted beside.
struct LoneFounding {
    private let founding: Founding
    private var directory: String { founding.directory }

    static let objectName = "object"
    private static let beginningName = "beginning"

    /// What is to be the object, and what the store is to be the checkpoint of.
    private struct Plan {
        var beginning: Beginning
        var object: Configuration
    }

    init(_ founding: Founding) { self.founding = founding }

    func run() throws {
        let present = try founding.places.present()
        let noted = try self.noted()
        if let present, present.nonce != noted?.object.nonce { throw founding.places.taken(present) }
        guard try present != nil || founding.places.slots?.lasts().isEmpty != false else {
            throw UsageError("log.url has records of a cluster: a cluster that is founded needs a log.url of its own, with nothing else in it")
        }
        try founding.places.requireNoArchive()
        founding.say("\(directory) has a store that one machine had alone; as it stands it is to be the first of a pair's. What other directories have of it is not looked at")
        try finishStore()
        let making = try StoreFounding(directory)
        // What a place that gave no answer may have, or get still, the next attempt is to know as its own.
        var mayBeMade = noted != nil
        let plan: Plan
        do {
            let beginning = try noted?.beginning ?? Self.beginning()
            let store = try copy(making, beginning)
            try founding.reached(.copied)
            plan = try self.plan(store, beginning, noted, isMade: present != nil)
            mayBeMade = true
            try making.put(Self.beginningName, plan.beginning.bytes)
            try making.put(Self.objectName, plan.object.objectBytes)
            try founding.reached(.noted)
            do { try founding.places.create(plan.object) } catch let refused as UsageError {
                mayBeMade = false
                throw refused
            }
            try founding.reached(.created)
        } catch {
            if !mayBeMade { try making.abandon() }
            throw error
        }
        try making.finish(as: ReplicaStore.Position(plan.beginning.mark))
        founding.say("\(directory) is \(founding.node)'s, of a cluster that keeps the store \(plan.object.store?.text ?? ""); \(founding.places.objectName) has its object. It is served with cluster alone from here on")
        founding.sayWhatIsNext()
        founding.say("then start \(founding.peer) with an empty directory and the same settings, its own node, peer and listen: it is sent everything")
    }

    /// What an attempt before has decided on, whether or not it came to make it.
    private func noted() throws -> Plan? {
        guard let bytes = try StoreFounding.note(Self.objectName, in: directory), let head = try StoreFounding.note(Self.beginningName, in: directory),
            let object = try? Configuration(parsingObject: bytes), let beginning = try? Beginning(parsing: head[...])
        else { return nil }
        return Plan(beginning: beginning, object: object)
    }

    /// The same again where it may have been made: a create that nobody knows the end of may still come.
    private func plan(_ store: StoreIdentity, _ beginning: Beginning, _ noted: Plan?, isMade: Bool) throws -> Plan {
        func object(_ nonce: Nonce) -> Configuration { founding.configuration(epoch: beginning.mark.epoch, nonce: nonce, base: beginning.mark, store: store) }
        if let noted {
            if noted.object == object(noted.object.nonce) { return noted }
            // Other settings, or another store, than it was made for.
            if isMade { throw founding.places.taken(noted.object) }
        }
        return Plan(beginning: beginning, object: object(Founding.nonce()))
    }

    /// What is to be `DATA/cluster`: the store as the checkpoint, no record yet, whose they are, and the promise by which this machine may lead.
    private func copy(_ making: StoreFounding, _ beginning: Beginning) throws -> StoreIdentity {
        guard let store = StoreIdentity(try making.copy(as: ReplicaStore.Position(beginning.mark))) else { throw CommandError("\(directory)/catalog.sqlite has no number of its store") }
        if let seen = try founding.lookForPeer(store), seen.tail.sequence > 0 {
            throw CommandError("\(founding.peer) has \(seen.tail.sequence) records of a cluster already: stop it, and start it with an empty directory once this machine is founded")
        }
        let (file, _) = try RecordFile.open(making.madePath)
        try file.begin(beginning)
        try file.identify(store)
        try file.promise(beginning.mark.epoch)
        return store
    }

    private static func beginning() throws -> Beginning {
        let record = Record(after: .start, epoch: try Founding.epoch(above: 0), kind: .noop, level: 1, body: (0..<32).map { _ in .random(in: .min ... .max) })
        var history = History()
        history.append(record)
        guard let beginning = Beginning(mark: record.mark, history: history) else { throw CommandError("there is no first record") }
        return beginning
    }

    /// Finishes what a crash has left, and brings the store to this version: as a start and an orderly end.
    private func finishStore() throws {
        try StoreFounding.check(directory)
        var settings = founding.settings
        // Of a pair: a log of its own begins with it.
        settings.logURL = nil
        let engine = try EngineOpening.open(directory: directory, settings: settings, clientsNeedContract: false, probes: true)
        engine.layDown(seconds: ClusterMember.layDownSeconds)
        try engine.close()
        guard try !StoreFounding.hasOwnColdTables(directory) else {
            throw UsageError(
                "\(directory)/warehouse has cold receipts, which the other machine would not reach: a pair has them in a bucket. Serve the store alone once more, "
                    + "till move --to URL (\(StorageScheme.remoteForms)), and set storage.url to that")
        }
    }
}
