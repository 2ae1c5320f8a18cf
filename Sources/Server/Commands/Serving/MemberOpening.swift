internal import Cluster
internal import ColumnStore
internal import Ingest
internal import Query

/// Makes a member of a cluster of the settings.
enum MemberOpening {
    /// - Throws: `UsageError` for a directory that no cluster may have.
    static func open(_ settings: Settings, directory: String, _ listenerSettings: Listener.Settings, _ limits: ConnectionTable.Limits, _ queries: QueryEngine, _ log: Log) throws -> ClusterMember {
        let pair = settings.pair
        guard let node = pair.node, let peer = pair.peer else { throw UsageError("cluster.node and cluster.peer are wanted") }
        let directory = DataDirectory.absolute(directory)
        if ReplicaStore.hasOtherStore(directory) {
            throw UsageError("\(directory) has a store that one machine had alone, and its past is in no record of a cluster: till cluster found --data \(directory) makes it the first of a pair's; to join one that is there, name an empty directory")
        }
        try DataDirectory.makeDirectories("\(directory)/\(ReplicaStore.folder)")
        try MemberPlaces.checkLog(settings, directory: directory)
        // With what a founding that ended behind its last step has left.
        try StoreFounding.clear(directory)
        let kept = Int64(pair.recordsByteCount)
        let (file, cut) = try RecordFile.open("\(directory)/\(ReplicaStore.folder)", segmentByteCount: min(segmentByteCountMax, kept / 8))
        if cut > 0 { log.warning("the end of the cluster's records was none, and is cut off", ["bytes": .number(Int(cut))]) }
        let store = try MemberIdentity.of(file, directory: directory)
        let checkpoint = try StoreCheckpoint(file, folder: "\(directory)/\(ReplicaStore.folder)", keptByteCount: kept, log: log)
        let certificates = try MemberCertificates(settings, log)
        let files = LinkFiles(pair)
        // Read again for each connection; one that cannot be read ends the start.
        _ = try files?.authorityBytes()
        let door = try PeerDoor(.init(host: pair.host, port: pair.port), name: node, peers: [peer.name], files: files, log: log)
        let link = PeerLink(to: peer.name, .init(host: peer.host, port: peer.port), files: files, log: log)
        var (objectBuckets, slotBuckets): ([any StorageFactory], [any StorageFactory]) = ([], [])
        let (place, slots) = (try ClusterObject.place(settings) { objectBuckets.append($0) }, try ClusterObject.slots(settings) { slotBuckets.append($0) })
        // What a place that gives no answer now is asked later is whose records there are by then.
        let places = try MemberPlaces.check(settings, place, slots, directory: directory, log) { file.store ?? store }
        let archiver = try archiver(settings, checkpoint, directory: directory, places)
        let host = NodeHost(
            .init(name: node, peers: [peer.name], hasBucket: slots != nil, degrades: pair.degrades), checkpoint: checkpoint, links: [peer.name: link], door: door,
            object: ObjectCalls(place, slots: slots, proof: places, log: log), slots: SlotCalls(slots, object: place, proof: places, log: log), archiver: archiver, places: places,
            buckets: [("cluster", objectBuckets), ("slots", slotBuckets), ("archive", archiver?.storages ?? [])], log: log)
        let (warehouse, coldProof) = try warehouse(settings, log)
        coldProof.start()
        // The cache on the disk is whose store is open.
        let storages = try WarehouseOpening.factory(settings, directory: directory, cache: nil)
        let copies = StandbyCopies(directory: directory, storages: storages, quarantineDays: settings.quarantineDays, log: log)
        let days = StandbyDays(directory: directory)
        let room = DiskRoom(path: directory, leastBytes: Int64(settings.limits.minFree))
        let makeStore: @Sendable () throws -> StandbyStore = { try StandbyStore(host, checkpoint, directory: directory, warehouse: warehouse, copies: copies, days: days, room: room, log: log) }
        let timers = Timers()
        let passing = RequestPassing(
            host, peers: [peer.name: peer.host], LeaderConnections(files), copies,
            room: .init(folder: "\(directory)/\(ReplicaStore.folder)", byteCountMax: settings.limits.upload, minFreeBytes: Int64(settings.limits.minFree)),
            bodyByteCountMax: max(settings.limits.body, settings.limits.upload), log: log)
        let connections = ConnectionTable(limits)
        let stale = StaleDoor(host, copies, directory: directory, limits: DoorLimits(settings), queries: queries, connections: connections, timers: timers, log: log)
        let outer = try MemberDoor(host, passing, stale, days: days, room: room, certificates: certificates.all, log: log) { coldProof.doubt }
        let listener = try Listener(listenerSettings, handler: outer, connections: connections, timers: timers)
        let url = ServeCommand.url(settings, port: listener.port)
        passing.begin(outer, own: url)
        let publicURL = settings.publicURL ?? url
        let member = ClusterMember(host: host, listener: listener, timers: timers, certificates: certificates, door: outer, passing: passing, log: log, makeStore: makeStore)
        // What is wrong with the files ends the start here, and not once the node is one of its cluster.
        try member.prove()
        host.start(url: publicURL, door: Self.door(settings, port: listener.port))
        log.info("this machine is a member of a cluster", ["node": .text(node), "peer": .text(peer.name), "records": .number(file.tail.sequence)])
        return member
    }

    /// - Returns: nil without a `log.url`.
    private static func archiver(_ settings: Settings, _ checkpoint: StoreCheckpoint, directory: String, _ places: PlaceProof) throws -> Archiver? {
        guard let place = try archivePlace(settings, directory: directory) else { return nil }
        return Archiver(place, checkpoint, storages: try WarehouseOpening.factory(settings, directory: directory, cache: nil), directory: directory, seconds: settings.logSegment, proof: places)
    }

    /// - Returns: nil without a `log.url`.
    static func archivePlace(_ settings: Settings, directory: String) throws -> ArchivePlace? {
        guard let url = settings.logURL else { return nil }
        return try ArchivePlace(url: url) { place in
            var elsewhere = settings
            elsewhere.storage.url = place
            return try WarehouseOpening.factory(elsewhere, directory: directory, cache: nil)
        }
    }

    /// What a crash can leave at the end of the last one is less (`RecordFile.unsyncedByteCountMax`): more than that is recognised as damage.
    private static let segmentByteCountMax: Int64 = 128 << 20

    /// Where this machine's requests come in, as its peer learns it: with the host that it listens on, which may be all of them.
    private static func door(_ settings: Settings, port: UInt16) -> String {
        let host = settings.host.isEmpty ? "0.0.0.0" : settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        return "\(settings.tlsCertificate == nil ? "http" : "https")://\(host):\(port)"
    }

    /// Where cold tables lie: a bucket that both members reach. One that keeps no conditions ends the start here, and not as the node is to take over; one that gives no answer does not,
    /// since a pair goes on without its bucket. It is asked again until it has: a machine that it refuses has all that is acknowledged, and could not take over.
    ///
    /// - Parameter milliseconds: how long it is waited for: the other machine may be able to acknowledge nothing before this one follows.
    /// - Returns: nil where all stays hot; and what asks again.
    static func warehouse(_ settings: Settings, _ log: Log, milliseconds: UInt64 = Self.warehouseMilliseconds) throws -> (location: String?, proof: PlaceProof) {
        let place = try WarehouseOpening.factory(settings, directory: "/", cache: nil)
        guard place.isRemote else { return (nil, PlaceProof()) }
        let fault: ColumnStoreError?
        do { fault = try WaitScope.run(.within(milliseconds: milliseconds)) { try place.fault() } } catch {
            log.warning("the bucket of cold receipts could not be asked", ["reason": .error(error)])
            let proof = PlaceProof(unproven: error, seconds: warehouseSeconds, log: log) { if let fault = try place.fault() { throw PlaceProof.Unkept(reason: fault) } }
            return (place.location, proof)
        }
        if let fault { throw fault }
        return (place.location, PlaceProof())
    }

    /// Between two questions to a bucket of cold receipts that has given no answer: seven requests each.
    private static let warehouseSeconds = 5.0
    /// As long as a place of the cluster may take for a request (`ClusterObject`).
    static let warehouseMilliseconds: UInt64 = 4_000
}
