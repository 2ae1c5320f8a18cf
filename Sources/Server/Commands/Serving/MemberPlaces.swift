internal import Cluster
internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Looks at the places outside a machine of a cluster before it joins: what is wrong with them is reported at a start, and not only when the other machine is lost. A place that gives no answer keeps
/// nobody from starting: a pair goes on without it, and it is asked again until it has answered (`PlaceProof`).
enum MemberPlaces {
    /// A log within DATA is lost with it; and what lies in `DATA/log` goes as a member starts (`StoreFounding.clear`), so that this is asked before.
    ///
    /// - Parameter directory: absolute, and there.
    /// - Throws: `UsageError`.
    static func checkLog(_ settings: Settings, directory: String) throws {
        guard let url = settings.logURL, url.hasPrefix("file://"), lies(String(url.dropFirst("file://".count)), within: directory) else { return }
        throw UsageError("log.url: \(url) lies within the store that it is to outlive")
    }

    /// By the directories themselves, whichever way both are written: with slashes more, or by links. What is not there yet is to lie where the last part of its path is that is there.
    private static func lies(_ path: String, within directory: String) -> Bool {
        guard let outer = real(directory) else { return false }
        var path = path
        while !path.isEmpty {
            if let found = real(path) { return "\(found)/".hasPrefix("\(outer)/") }
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
        return false
    }

    /// - Returns: nil for what is not there, or cannot be looked at.
    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    /// - Parameters:
    ///   - store: whose records the directory has; nil: nobody's.
    ///   - directory: absolute.
    /// - Returns: what asks those again that gave no answer.
    /// - Throws: `UsageError`, or what a bucket does that it must not.
    static func check(_ settings: Settings, _ object: any ObjectPlace, _ slots: SlotPlace?, directory: String, _ log: Log, store: @escaping @Sendable () -> StoreIdentity?) throws -> PlaceProof {
        let buckets = try ClusterObject.buckets(settings).map { $0.place }
        let objectName = settings.pair.witness.map { "the witness \($0)" } ?? "cluster.config"
        // One that keeps its word is not asked anew each second, which costs seven requests, because another place gives no answer.
        let keptCount = Mutex(0)
        let ask: @Sendable () throws -> Void = {
            for place in buckets.dropFirst(keptCount.withLock { $0 }) {
                if let fault = try place.fault() { throw PlaceProof.Unkept(reason: fault) }
                keptCount.withLock { $0 += 1 }
            }
            try prove(object, slots, store(), directory: directory, objectName: objectName)
        }
        do { try ask() } catch let unkept as PlaceProof.Unkept { throw unkept.reason } catch {
            log.warning("a place of the cluster could not be asked", ["reason": .error(error)])
            return PlaceProof(unproven: error, log: log, ask)
        }
        return PlaceProof()
    }

    /// - Throws: `PlaceProof.Unkept`, or why one gave no answer.
    private static func prove(_ object: any ObjectPlace, _ slots: SlotPlace?, _ store: StoreIdentity?, directory: String, objectName: String) throws {
        func unkept(_ words: String) -> PlaceProof.Unkept { PlaceProof.Unkept(reason: UsageError(words)) }
        var found = try read(object)
        // In this order: whoever fills the first slot has made the object before.
        if found == nil, try slots?.hasRecords() == true {
            found = try read(object)
            if found == nil {
                throw unkept("log.url has records of a cluster, and \(objectName) has no object: each cluster needs a log.url of its own, and its object is never removed. Where it is lost, till cluster found --data on the machine that led last makes it anew")
            }
        }
        if let own = store, let named = found?.store, own != named { throw unkept("\(directory): \(NodeWords.stranger(own: own.text, named: named.text))") }
        if let own = store ?? found?.store { do { try slots?.claim(own) } catch let other as SlotPlace.OtherStore { throw unkept("\(other)") } }
        if found?.mode == .log, slots == nil { throw unkept("log.url is wanted: what this cluster has acknowledged last lies there") }
    }

    private static func read(_ object: any ObjectPlace) throws -> Configuration? { try object.read().map { try Configuration(parsingObject: $0.bytes) } }
}
