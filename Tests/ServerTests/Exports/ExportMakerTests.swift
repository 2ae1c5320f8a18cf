import ColumnStore
import Foundation
import Ingest
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: an export whose end cannot be noted costs one making, and is noted later. Method: an engine that refuses ends for a while, and a log that is a file.
final class ExportMakerTests: XCTestCase {
    private func context(_ engine: FakeEngine, _ log: Log) -> DoorContext {
        DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 1)), further: StoreSchema(), adminKey: TestServer.adminKey,
            limits: DoorLimits(), log: log, timers: Timers(clock: ManualClock()))
    }

    private func export(_ id: String) -> Export {
        Export(
            id: id, owner: .administrator, name: id, format: "csv", request: Array(#"{"query":"SELECT 1","format":"csv"}"#.utf8), createdAt: 0, expiresIn: 1_000_000)
    }

    func test_end_thatCannotBeNoted_isTriedAgainWithPauses_andSaidOnce() throws {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/log"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let log = Log(format: .json, level: .info, descriptor: descriptor)
        let engine = FakeEngine()
        engine.state.withLock { ($0.waitingExports, $0.exportEndFailures) = ([export("a")], 5) }
        let context = context(engine, log)
        ExportMaker.begin(context, url: "http://localhost", pauses: GrowingPause(0.001...0.002))
        XCTAssertTrue(Patience.until { engine.state.withLock { !$0.endedExports.isEmpty } })
        context.exports.beginStopping()
        XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
        let (ended, ends, made) = engine.state.withLock { ($0.endedExports.map(\.id), $0.exportEndCount, $0.exportPathCount) }
        XCTAssertEqual(ended, ["a"])
        XCTAssertEqual(ends, 6)
        XCTAssertEqual(made, 1, "it was made again")
        XCTAssertTrue(log.flush())
        let text = try String(contentsOfFile: file, encoding: .utf8)
        XCTAssertEqual(text.components(separatedBy: "could not be noted").count - 1, 1, text)
    }

    func test_stop_endsThePauses() throws {
        let engine = FakeEngine()
        engine.state.withLock { ($0.waitingExports, $0.exportEndFailures) = ([export("a")], .max) }
        let context = context(engine, Log(format: .json, level: .error, descriptor: -1))
        ExportMaker.begin(context, url: "http://localhost", pauses: GrowingPause(86_400...86_400))
        XCTAssertTrue(Patience.until { engine.state.withLock { $0.exportEndCount == 1 } })
        context.exports.beginStopping()
        XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
        XCTAssertEqual(engine.state.withLock { $0.exportEndCount }, 1)
    }
}
