import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: owners get equal shares, however many files each has, no more turns run than may, and what cannot go on is in nobody's way. Method: many threads of one owner beside one of another, a given number of turns; files that do what a test says.
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
        // Whoever has one file waits for nobody's sixth: half of the turns, less those in which its thread was not there to ask. By files it would have a seventh, 57.
        XCTAssertGreaterThan(counts[single] ?? 0, 80, "\(counts)")
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

    private func upload(_ id: String, of owner: String) -> Upload {
        Upload(
            id: id, owner: .contract(ClientID(owner)), client: nil, name: id, type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: 0)
    }

    /// As many as there are places and more are put off, and are older than the one that can go on.
    func test_uploadsThatCannotGoOn_wait_andTakeNobodysPlace() {
        let queue = UploadQueue(pauses: GrowingPause(86_400...86_400))
        let uploads = (1...6).map { upload("bad-\($0)", of: "owner-\($0)") } + [upload("good", of: "other")]
        let begun = Monitor<[String: Int]>([:])
        queue.start(
            look: { uploads.filter { $0.id != "good" || begun.withLock { $0["good"] == nil } } },
            process: { upload in
                begun.broadcast { $0[upload.id, default: 0] += 1 }
                if upload.id != "good" { queue.putOff(upload.id) }
            })
        XCTAssertEqual(begun.wait(seconds: Patience.seconds) { $0.count == uploads.count ? true : nil }, true, "\(begun.withLock { $0 })")
        queue.stop()
        for (id, count) in begun.withLock({ $0 }) { XCTAssertEqual(count, 1, id) }
    }

    func test_anUpload_forWhichThereIsNoThread_isBegunLater() {
        let left = Mutex(2)
        let queue = UploadQueue(pauses: GrowingPause(0.01...0.02)) { name, run in
            let isRefused = left.withLock { left in
                defer { left = max(0, left - 1) }
                return left > 0
            }
            return !isRefused && WorkerThread.start(name: name, run)
        }
        let one = upload("one", of: "a")
        let begun = Monitor(0)
        queue.start(look: { begun.withLock { $0 } == 0 ? [one] : [] }, process: { _ in begun.broadcast { $0 += 1 } })
        XCTAssertEqual(begun.wait(seconds: Patience.seconds) { $0 == 1 ? true : nil }, true)
        queue.stop()
        XCTAssertEqual(begun.withLock { $0 }, 1)
        XCTAssertEqual(left.withLock { $0 }, 0)
    }

    /// Files of one owner that never end, then those of two others.
    func test_places_ofOneOwner_areGivenToOthersWhoHaveNone() {
        let queue = UploadQueue()
        let many = (1...6).map { upload("a-\($0)", of: "a") }
        let waiting = Mutex(many)
        let running = Monitor<Set<String>>([])
        queue.start(
            look: { waiting.withLock { $0 } },
            process: { upload in
                running.broadcast { _ = $0.insert(upload.id) }
                Patience.until(pauseMilliseconds: 1) { queue.mustYield(upload.id) || queue.isStopped }
                running.broadcast { _ = $0.remove(upload.id) }
            })
        let ofA: Set<String> = ["a-1", "a-2", "a-3"]
        XCTAssertEqual(running.wait(seconds: Patience.seconds) { $0 == ofA ? true : nil }, true, "one place is always another's: \(running.withLock { $0 })")
        let (b, c) = (upload("b", of: "b"), upload("c", of: "c"))
        waiting.withLock { $0 += [b, c] }
        queue.wake()
        // The last that began gives its place.
        let ofAll: Set<String> = ["a-1", "a-2", "b", "c"]
        XCTAssertEqual(running.wait(seconds: Patience.seconds) { $0 == ofAll ? true : nil }, true, "\(running.withLock { $0 })")
        queue.stop()
    }
}
