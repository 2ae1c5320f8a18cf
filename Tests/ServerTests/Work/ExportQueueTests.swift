import ColumnStore
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: an export without end holds up nobody else's, and one owner's are made one after the other, over stops and starts. Method: a queue over an engine that the test fills, with makers that wait for the
/// test.
final class ExportQueueTests: XCTestCase {
    /// Makes exports once they are let go, or ends them without a file once they are cancelled.
    private final class Maker: Sendable {
        private struct State {
            var held: Set<String>
            var begun: [String] = []
            var running: [Identity] = []
            var cancelled: [String] = []
            var mostCount = 0
            /// Begun while another of its owner was being made.
            var doubled: [String] = []
        }
        private let state: Monitor<State>
        private let engine: FakeEngine

        init(_ engine: FakeEngine, holding held: Set<String> = []) {
            self.engine = engine
            state = Monitor(State(held: held))
        }

        func make(_ run: ExportQueue.Run) {
            let export = run.export
            state.broadcast { state in
                state.begun.append(export.id)
                if state.running.contains(export.owner) { state.doubled.append(export.id) }
                state.running.append(export.owner)
                state.mostCount = max(state.mostCount, state.running.count)
            }
            state.wait(checkingEvery: 5) { state -> Void? in run.isCancelled || !state.held.contains(export.id) ? () : nil }
            let isCancelled = run.isCancelled
            state.broadcast { state in
                if let place = state.running.firstIndex(of: export.owner) { state.running.remove(at: place) }
                if isCancelled { state.cancelled.append(export.id) }
            }
            if !isCancelled { _ = try? engine.endExport(export) }
        }

        func letGo(_ ids: String...) { state.broadcast { $0.held.subtract(ids) } }
        var begun: [String] { state.withLock { $0.begun } }
        var cancelled: [String] { state.withLock { $0.cancelled.sorted() } }
        var mostCount: Int { state.withLock { $0.mostCount } }
        var doubled: [String] { state.withLock { $0.doubled } }
    }

    private let engine = FakeEngine()

    private func queue(_ maker: Maker) -> ExportQueue {
        let queue = ExportQueue(exports: engine, log: Log(format: .json, level: .error, descriptor: -1))
        queue.begin(baseURL: "http://localhost") { maker.make($0) }
        return queue
    }

    /// Of the owner that its first letter is.
    private func export(_ id: String) -> Export {
        Export(id: id, owner: .contract(ClientID(String(id.prefix(1)))), name: id, format: "csv", request: [], createdAt: 0, expiresIn: 1)
    }

    private func fill(_ ids: [String]) { engine.state.withLock { $0.waitingExports = ids.map { export($0) } } }
    private var made: [String] { engine.state.withLock { $0.endedExports.map(\.id) } }

    private func stop(_ queue: ExportQueue) {
        queue.beginStopping()
        XCTAssertTrue(queue.waitUntilIdle(seconds: Patience.seconds))
    }

    func test_exportWithoutEnd_holdsUpItsOwnersOthersAlone() {
        fill(["a1", "a2", "b1", "c1", "a3", "d1", "b2"])
        let maker = Maker(engine, holding: ["a1"])
        let queue = queue(maker)
        XCTAssertTrue(Patience.until { made.count == 4 }, "\(made)")
        XCTAssertEqual(made.sorted(), ["b1", "b2", "c1", "d1"])
        XCTAssertEqual(maker.begun.filter { $0.hasPrefix("a") }, ["a1"])
        maker.letGo("a1")
        XCTAssertTrue(Patience.until { made.count == 7 }, "\(made)")
        XCTAssertEqual(made.filter { $0.hasPrefix("a") }, ["a1", "a2", "a3"])
        XCTAssertEqual(made.filter { $0.hasPrefix("b") }, ["b1", "b2"])
        XCTAssertEqual(maker.doubled, [])
        XCTAssertLessThanOrEqual(maker.mostCount, ExportQueue.makerCountMax)
        stop(queue)
    }

    /// However many came before, whoever was never served is next.
    func test_owners_haveTurns() {
        let all = ["a1", "b1", "c1", "a2", "b2", "c2", "d1", "d2"]
        fill(all)
        let maker = Maker(engine, holding: Set(all))
        let queue = queue(maker)
        XCTAssertTrue(Patience.until { maker.begun.count == 3 })
        for (end, next) in [("b1", "d1"), ("d1", "b2"), ("b2", "d2"), ("c1", "c2"), ("a1", "a2")] {
            let count = maker.begun.count
            maker.letGo(end)
            XCTAssertTrue(Patience.until { maker.begun.count == count + 1 }, end)
            XCTAssertEqual(maker.begun.last, next, end)
        }
        XCTAssertEqual(maker.mostCount, 3)
        stop(queue)
        XCTAssertEqual(maker.cancelled, ["a2", "c2", "d2"])
    }

    func test_oneThatIsDeleted_andAllAtAStop_endWithoutAFile_andAStartMakesTheRest() {
        fill(["a1", "b1", "c1", "d1"])
        let maker = Maker(engine, holding: ["a1", "b1", "c1", "d1"])
        let first = queue(maker)
        XCTAssertTrue(Patience.until { maker.begun.count == 3 })
        engine.state.withLock { $0.waitingExports.removeAll { $0.id == "b1" } }
        first.cancel("b1")
        first.cancel("nobody's")
        XCTAssertTrue(Patience.until { maker.begun.count == 4 })
        XCTAssertEqual(maker.cancelled, ["b1"])
        XCTAssertNil(first.progress(of: "b1"))
        for id in ["a1", "c1", "d1"] { XCTAssertNotNil(first.progress(of: id), id) }
        stop(first)
        XCTAssertEqual(maker.cancelled, ["a1", "b1", "c1", "d1"])
        XCTAssertEqual(made, [])
        let second = queue(Maker(engine))
        XCTAssertTrue(Patience.until { made.count == 3 })
        XCTAssertEqual(made.sorted(), ["a1", "c1", "d1"])
        stop(second)
    }

    /// What a piece of a file takes to be carried.
    private static let pieceSeconds = 0.005

    /// A file may take long to get to where it goes.
    func test_exportsBegin_whileFilesAreCarried() throws {
        let carrying = Monitor((count: 0, isOver: false))
        let maker = Maker(engine, holding: ["c1"])
        engine.state.withLock { state in
            state.atCarrying = { beforeEachPiece in
                carrying.broadcast { $0.count += 1 }
                // As many pieces as it takes.
                while !carrying.withLock({ $0.isOver }) {
                    try beforeEachPiece()
                    _ = carrying.wait(seconds: Self.pieceSeconds) { $0.isOver ? true : nil }
                }
            }
        }
        let queue = queue(maker)
        XCTAssertTrue(Patience.until { carrying.withLock { $0.count } == 1 })
        engine.state.withLock { $0.waitingExports = [export("c1")] }
        // What comes wakes the queue.
        try queue.submit(export("d1"))
        XCTAssertTrue(Patience.until { maker.begun.contains("c1") }, "it waits for the file of another")
        XCTAssertEqual(carrying.withLock { $0.count }, 1)
        carrying.broadcast { $0.isOver = true }
        stop(queue)
    }

    /// Files that nothing leads to go meanwhile, and those of what is being made are such for all that the catalog knows.
    func test_filesOfWhatIsBeingMade_areLeftAlone() throws {
        fill(["a1", "b1"])
        let maker = Maker(engine, holding: ["a1", "b1"])
        let queue = queue(maker)
        XCTAssertTrue(Patience.until { maker.begun.count == 2 })
        try queue.submit(export("c1"))
        XCTAssertTrue(Patience.until { engine.state.withLock { $0.sweptBeside.contains(["a1", "b1"]) && $0.carriedBeside.contains(["a1", "b1"]) } })
        stop(queue)
    }
}
