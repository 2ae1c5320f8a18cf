internal import Ingest
import Synchronization

/// Walks over the records of uploads for Maps, each with its file open, so that a page costs what it has. Lost with the process: a walk begins anew, and
/// passes over what was had.
final class RecordWalks: Sendable {
    /// Files that are open.
    private static let countMax = 32
    private let walks = Mutex<[(name: String, records: UploadRecords)]>([])

    init() {}

    /// The walk that stands at `wanted`, taken out: nobody else has it then.
    func take(_ name: String, at wanted: Int) -> UploadRecords? {
        walks.withLock { walks in
            guard let index = walks.firstIndex(where: { $0.name == name }) else { return nil }
            let found = walks.remove(at: index).records
            return found.count <= wanted ? found : nil
        }
    }

    /// The one that was kept longest ago gives its place, and closes its file.
    func keep(_ name: String, _ records: UploadRecords) {
        walks.withLock { walks in
            if walks.count >= Self.countMax { walks.removeFirst() }
            walks.append((name, records))
        }
    }
}
