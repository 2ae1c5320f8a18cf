internal import ColumnStore
internal import Documents
internal import Ingest

/// Where two machines keep the store: holds what is about to leave a connection until all that was committed by then is on both, and this one is proven to lead. One thread.
final class KeptOutput {
    private let life: any StoreLife
    /// Only last words leave without it, and what comes before a session.
    var isWanted = false

    init(_ life: any StoreLife) { self.life = life }

    /// - Throws: the end of the session, where what it was about to be sent may not be sent.
    func wait() throws {
        guard isWanted, life.keepsReads else { return }
        let outcome = Monitor<Fault??>(nil)
        life.whenKept { fault in outcome.broadcast { $0 = .some(fault) } }
        guard let fault = outcome.wait({ $0 }) else { return }
        throw PostgresFault(.cannotConnectNow, fault.detail, severity: .fatal, hint: "Connect again: name both machines (host=a,b).")
    }
}
