import Cluster

/// What must hold, whatever happens. It sees everything; the nodes do not.
struct Checker {
    private(set) var violation: String?
    /// Identities in the order in which they were acknowledged, and how far the log had to go for it.
    private(set) var acknowledged: Set<UInt64> = []
    private(set) var farthest = 0
    /// The one log: what somebody committed or a read has shown.
    private(set) var log: [Int: Digest] = [:]
    private var acknowledgers: [Int: String] = [:]
    private var followed: [Int: Int] = [:]
    private var supersededSince: [Int: Int] = [:]
    /// What a disk had synced before an old image of it came back: it was there when it counted.
    var lost: Set<Digest> = []
    var sent: Set<UInt64> = []

    mutating func fail(_ words: @autoclosure () -> String) {
        if violation == nil { violation = words() }
    }

    /// Equal hashes wherever two call a record committed, or have shown it.
    mutating func commits(_ record: Mark, by name: String) {
        if let known = log[record.sequence] {
            if known != record.hash { fail("\(name) has another record \(record.sequence) (epoch \(record.epoch)) than was committed before") }
        } else {
            log[record.sequence] = record.hash
        }
    }

    mutating func acknowledges(_ id: UInt64, _ record: Record, by name: String, epoch: Int, copies: Int, isDegraded: Bool) {
        if let other = acknowledgers[epoch], other != name { fail("\(name) and \(other) both acknowledge in epoch \(epoch)") }
        acknowledgers[epoch] = name
        guard !acknowledged.contains(id) else { return }
        if !sent.contains(id) { fail("\(name) acknowledges \(id), which nobody sent") }
        if copies < (isDegraded ? 1 : 2) { fail("\(name) acknowledges record \(record.sequence) (epoch \(record.epoch)) in epoch \(epoch) with \(copies) copies") }
        acknowledged.insert(id)
        farthest = max(farthest, record.sequence)
    }

    /// A node that leads although the object has long said otherwise.
    mutating func leads(_ node: Int, name: String, epoch: Int, object: Configuration?, at time: Int) {
        if let object, object.leader == name, object.removed.contains(name) { fail("\(name) leads and is removed") }
        guard let object, object.epoch > epoch, object.leader != name else {
            supersededSince[node] = nil
            return
        }
        let since = supersededSince[node] ?? time
        supersededSince[node] = since
        if time - since > 11_000 { fail("\(name) still leads epoch \(epoch), \(time - since) ms after the object went to \(object.epoch)") }
    }

    mutating func stops(_ node: Int) { supersededSince[node] = nil }

    /// Every identity that was acknowledged is there once; none that nobody sent.
    mutating func ends(_ records: [Record]) {
        var found: Set<UInt64> = []
        for record in records where record.kind == .rows {
            let id = Simulation.identity(of: record)
            if !sent.contains(id) { fail("\(id) is stored, and nobody sent it") }
            if !found.insert(id).inserted { fail("\(id) is stored twice") }
        }
        for id in acknowledged where !found.contains(id) { fail("\(id) was acknowledged and is gone") }
        for (sequence, hash) in log {
            if sequence > records.count || records[sequence - 1].hash != hash { fail("record \(sequence) was committed and is gone") }
        }
    }
}
