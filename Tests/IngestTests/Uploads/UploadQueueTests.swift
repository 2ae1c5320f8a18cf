import ColumnStore
import Synchronization
import XCTest

@testable import Ingest

/// Goal: owners get equal shares, however many files each has, and no more turns run than may. Method: many threads of one owner beside one of another, a given number of turns.
final class UploadQueueTests: XCTestCase {
    func test_turns_areSharedByOwners_notByFiles() {
        let queue = UploadQueue()
        let many = Identity.contract("many"), single = Identity.contract("one")
        struct State {
            var counts: [Identity: Int] = [:]
            var running = 0
            var most = 0
            var left = 400
        }
        let state = Mutex(State())
        let threads = ([Identity](repeating: many, count: 6) + [single]).map { owner in
            WorkerThread(name: "turns") {
                while state.withLock({ $0.left > 0 }) {
                    queue.beginTurn(of: owner)
                    state.withLock { state in
                        state.running += 1
                        state.most = max(state.most, state.running)
                        state.left -= 1
                        state.counts[owner, default: 0] += 1
                    }
                    usleep(500)
                    state.withLock { $0.running -= 1 }
                    queue.endTurn()
                }
            }
        }
        for thread in threads { thread.join() }
        let counts = state.withLock { $0.counts }
        XCTAssertEqual(state.withLock { $0.most }, UploadQueue.turnMax)
        // Whoever has one file waits for nobody's sixth.
        XCTAssertGreaterThan(counts[single] ?? 0, 120, "\(counts)")
    }

    func test_aFile_isWrittenByOneAtATime_andByNobodyAfterAStop() {
        let queue = UploadQueue()
        XCTAssertTrue(queue.beginWriting("u"))
        XCTAssertFalse(queue.beginWriting("u"))
        XCTAssertTrue(queue.isWritten("u"))
        queue.endWriting("u")
        XCTAssertTrue(queue.beginWriting("u"))
        queue.endWriting("u")
        queue.stop()
        XCTAssertFalse(queue.beginWriting("u"))
    }
}
