import Glibc
import Synchronization
import XCTest

@testable import ColumnStore

/// Goal: what others wait for is never done at a lowered priority. Method: the priority and the thread that work sees, asked by threads of either
/// kind, many at a time.
final class PromptThreadTests: XCTestCase {
    private struct Refused: Error, Equatable { let number: Int }

    private func inThread(_ body: @escaping @Sendable () -> Void) { WorkerThread(name: "test", body).join() }

    func test_promptly_ofALoweredThread_runsAtThePriorityOfTheProcess() {
        let own = PromptThread.presentNiceness
        let seen = Mutex<[Int32]>([])
        inThread {
            seen.withLock { $0.append(WorkerThread.promptly { PromptThread.presentNiceness }) }
            WorkerThread.lowerPriority()
            seen.withLock { $0.append(PromptThread.presentNiceness) }
            seen.withLock { $0.append(WorkerThread.promptly { PromptThread.presentNiceness }) }
            // What it does there may want the same again, and threads that it begins are as low as it is.
            seen.withLock { $0.append(WorkerThread.promptly { WorkerThread.promptly { PromptThread.presentNiceness } }) }
            WorkerThread(name: "test") { seen.withLock { $0.append(WorkerThread.promptly { PromptThread.presentNiceness }) } }.join()
        }
        let all = seen.withLock { $0 }
        guard all.count == 5 else { return XCTFail("\(all)") }
        XCTAssertGreaterThan(all[1], own)
        XCTAssertEqual([all[0], all[2], all[3], all[4]], [own, own, own, own])
    }

    func test_promptly_ofAThreadThatIsNotLowered_staysOnIt() {
        let id = pthread_self()
        WorkerThread.promptly { XCTAssertNotEqual(pthread_equal(id, pthread_self()), 0) }
    }

    func test_promptly_handsOnResultsAndErrors_ofManyThreadsAtOnce() {
        let total = Atomic<Int>(0)
        let threads = (0..<8).map { number in
            WorkerThread(name: "test") {
                WorkerThread.lowerPriority()
                for round in 0..<50 {
                    do throws(Refused) {
                        let value = try WorkerThread.promptly { () throws(Refused) -> Int in
                            if round % 5 == 4 { throw Refused(number: number) }
                            return round
                        }
                        total.wrappingAdd(value == round ? 1 : 1_000_000, ordering: .relaxed)
                    } catch {
                        total.wrappingAdd(error == Refused(number: number) ? 1 : 1_000_000, ordering: .relaxed)
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        XCTAssertEqual(total.load(ordering: .relaxed), 400)
    }
}
