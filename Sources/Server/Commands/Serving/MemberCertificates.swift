internal import ColumnStore
import Synchronization

/// The certificates that a member of a cluster shows, looked after from its start on; while it leads `ServeParts` does that.
final class MemberCertificates: Sendable {
    let door: CertificateFiles?
    let link: LinkCertificate?
    private let isUnderWay = Atomic<Bool>(false)
    private let repetition = Mutex<Timers.Repetition?>(nil)

    /// - Throws: `SettingError` for files of the door that are wrong.
    init(_ settings: Settings, _ log: Log) throws {
        door = try ServeParts.doorCertificates(settings, log)
        link = LinkCertificate(settings.pair, log)
        link?.checkNow()
    }

    var all: [any DoorCertificate] { [door as (any DoorCertificate)?, link].compactMap(\.self) }

    /// From here on looks after the files, however long the node asks for a checkpoint or reads records meanwhile, until `rest`.
    func watch(_ timers: Timers) {
        let begun = timers.every(ServeParts.period) { [self] in
            guard !isUnderWay.exchange(true, ordering: .relaxed) else { return }
            // Files are read on a thread of its own: all waits for others stand behind the timers'. Where the system gives none the next time comes soon.
            let isTaken = WorkerThread.start(name: "certificates") { [self] in
                look()
                isUnderWay.store(false, ordering: .relaxed)
            }
            if !isTaken { isUnderWay.store(false, ordering: .relaxed) }
        }
        replace(by: begun)
    }

    /// Somebody else looks after them.
    func rest() { replace(by: nil) }

    private func replace(by next: Timers.Repetition?) {
        let former = repetition.withLock { present in
            defer { present = next }
            return present
        }
        former?.stop()
    }

    private func look() {
        door?.checkNow()
        link?.checkNow()
    }
}
