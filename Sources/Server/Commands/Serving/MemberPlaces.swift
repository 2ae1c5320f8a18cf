internal import Cluster
internal import ColumnStore
internal import Ingest

/// Looks at the places outside a machine of a cluster before it joins: what is wrong with them is told as a start, and not as the other machine is lost. A place that gives no answer keeps
/// nobody from starting: a pair goes on without it.
enum MemberPlaces {
    /// - Parameters:
    ///   - store: whose records the directory has; nil: nobody's.
    ///   - directory: absolute.
    /// - Throws: `UsageError`, or what a bucket does that it must not.
    static func check(_ settings: Settings, _ object: any ObjectPlace, _ slots: SlotPlace?, _ store: StoreIdentity?, directory: String, _ log: Log) throws {
        if let url = settings.logURL, url.hasPrefix("file://"), "\(url.dropFirst("file://".count))/".hasPrefix("\(directory)/") {
            throw UsageError("log.url: \(url) lies within the store that it is to outlive")
        }
        do {
            for (_, place) in try ClusterObject.buckets(settings) { if let fault = try place.fault() { throw Unkept(fault: fault) } }
            var found = try read(object)
            // In this order: whoever fills the first slot has made the object before.
            if found == nil, try slots?.hasRecords() == true {
                found = try read(object)
                if found == nil {
                    throw UsageError("log.url has records of a cluster, and \(settings.pair.witness.map { "the witness \($0)" } ?? "cluster.config") has no object: each cluster needs a log.url of its own, and its object is never removed. Where it is lost, till cluster found --data on the machine that led last makes it anew")
                }
            }
            if let own = store, let named = found?.store, own != named { throw UsageError("\(directory): \(NodeWords.stranger(own: own.text, named: named.text))") }
            if let own = store ?? found?.store { try slots?.claim(own) }
            if found?.mode == .log, slots == nil { throw UsageError("log.url is wanted: what this cluster has acknowledged last lies there") }
        } catch let other as SlotPlace.OtherStore { throw UsageError("\(other)") } catch let error as Unkept { throw error.fault } catch let error as UsageError { throw error } catch {
            log.warning("a place of the cluster could not be asked", ["reason": .error(error)])
        }
    }

    private static func read(_ object: any ObjectPlace) throws -> Configuration? { try object.read().map { try Configuration(parsingObject: $0.bytes) } }

    private struct Unkept: Error {
        let fault: ColumnStoreError
    }
}
