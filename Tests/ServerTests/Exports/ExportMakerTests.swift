import ColumnStore
import Foundation
import Ingest
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: an export whose end cannot be noted costs one making, and is noted later; what is written is charged to whoever asked. Method: an engine that refuses ends for a while, and a
/// log that is a file; a ledger with room for little.
final class ExportMakerTests: XCTestCase {
    private func context(_ engine: FakeEngine, _ log: Log, _ limits: DoorLimits = DoorLimits()) -> DoorContext {
        DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 1)), further: StoreSchema(), adminKey: TestServer.adminKey,
            limits: limits, log: log, timers: Timers(clock: ManualClock()))
    }

    private func export(_ id: String, _ query: String = "SELECT 1", format: String = "csv") -> Export {
        Export(
            id: id, owner: .administrator, name: id, format: format, request: Array(#"{"query":"\#(query)","format":"\#(format)"}"#.utf8), createdAt: 0, expiresIn: 1_000_000)
    }

    /// Four MiB of memory: a row that becomes three is written, and one that may become 24 is refused before it is.
    func test_rows_areCharged_andRefusedWhereThereIsNeverRoom() throws {
        let folder = try TemporaryDirectory()
        let engine = FakeEngine()
        engine.state.withLock { state in
            state.exportFolder = folder.path
            state.waitingExports = [
                export("small", "SELECT repeat(chr(1), 400) AS x", format: "ndjson"), export("large", "SELECT repeat('x', 3000000) AS x", format: "ndjson"),
                export("never", "SELECT repeat(chr(1), 4000000) AS x", format: "ndjson"), export("after", "SELECT 1 AS x", format: "ndjson"),
            ]
        }
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1 << 10)
        let context = context(engine, Log(format: .json, level: .error, descriptor: -1), limits)
        ExportMaker.begin(context, url: "http://localhost")
        XCTAssertTrue(Patience.until { engine.state.withLock { $0.endedExports.count == 4 } })
        context.exports.beginStopping()
        XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
        for export in engine.state.withLock({ $0.endedExports }) {
            let problem = String(decoding: export.problem ?? [], as: UTF8.self)
            XCTAssertEqual(export.state, export.id == "never" ? .error : .done, "\(export.id): \(problem)")
            XCTAssertEqual(problem.contains("too-large"), export.id == "never", "\(export.id): \(problem)")
        }
        XCTAssertEqual(context.admission.ledger.figures.byteCount, 0)
    }

    /// What other requests of the owner hold comes back: an export waits for it.
    func test_rowThatHasNoRoomJustNow_isWrittenOnceThereIs() throws {
        let folder = try TemporaryDirectory()
        let engine = FakeEngine()
        engine.state.withLock { state in
            state.exportFolder = folder.path
            state.waitingExports = [export("a", "SELECT repeat('x', 3000000) AS x", format: "ndjson")]
        }
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1 << 10)
        let context = context(engine, Log(format: .json, level: .error, descriptor: -1), limits)
        let ledger = context.admission.ledger
        var held: MemoryLedger.Hold? = try ledger.hold(3 << 20, of: ledger.account(of: .admin))
        ExportMaker.begin(context, url: "http://localhost")
        XCTAssertTrue(Patience.until { ledger.figures.refusalCount > 0 })
        XCTAssertTrue(engine.state.withLock { $0.endedExports.isEmpty })
        withExtendedLifetime(held) {}
        held = nil
        XCTAssertTrue(Patience.until { engine.state.withLock { !$0.endedExports.isEmpty } })
        context.exports.beginStopping()
        XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
        XCTAssertEqual(engine.state.withLock { $0.endedExports.map(\.state) }, [.done])
        XCTAssertEqual(ledger.figures.byteCount, 0)
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

    /// What its contract lost while it was made is in no file; the row of one that is done has the rights that it was made with.
    func test_rightsThatAreLostMeanwhile_endIt() throws {
        let whole = Contract(clientID: "c1", access: .read, scope: .all, seesSensitive: true)
        var blind = whole, own = whole, ended = whole, named = whole
        (blind.seesSensitive, own.scope, ended.validTo, named.name) = (false, .own, 1, "Shop")
        // What it may post shows in no export.
        named.types = ["other"]
        let cases: [(contract: Contract?, slug: String?)] = [
            (blind, "role-not-allowed"), (own, "role-not-allowed"), (ended, "contract-not-valid"), (nil, "contract-not-valid"), (named, nil),
        ]
        for format in ["csv", "xlsx"] {
            for (place, change) in cases.enumerated() {
                let folder = try TemporaryDirectory()
                let engine = FakeEngine()
                engine.state.withLock { state in
                    state.exportFolder = folder.path
                    state.contracts["c1"] = whole
                    state.waitingExports = [
                        Export(
                            id: "a", owner: .contract(ClientID("c1")), name: "a", format: format, request: Array(#"{"query":"SELECT 1 AS x","format":"\#(format)"}"#.utf8), createdAt: 0,
                            expiresIn: 1_000_000)
                    ]
                    state.atExportPath = { $0.contracts["c1"] = change.contract }
                }
                let context = context(engine, Log(format: .json, level: .error, descriptor: -1))
                ExportMaker.begin(context, url: "http://localhost")
                XCTAssertTrue(Patience.until { engine.state.withLock { !$0.endedExports.isEmpty } })
                context.exports.beginStopping()
                XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
                let export = try XCTUnwrap(engine.state.withLock { $0.endedExports.first })
                let problem = String(decoding: export.problem ?? [], as: UTF8.self)
                XCTAssertEqual(export.state, change.slug == nil ? .done : .error, "\(format) \(place): \(problem)")
                if let slug = change.slug { XCTAssertTrue(problem.contains(slug), "\(format) \(place): \(problem)") }
                XCTAssertEqual(export.fileName != nil, change.slug == nil, "\(format) \(place)")
                XCTAssertEqual(export.rights, change.slug == nil ? Export.Rights(of: whole.principal(at: 0)) : nil, "\(format) \(place)")
                XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path).count, change.slug == nil ? 1 : 0, "\(format) \(place)")
            }
        }
    }

    /// As an answer that streams ends with it. That the key's time is over meanwhile is no end.
    func test_keyThatIsRevokedMeanwhile_endsIt() throws {
        let cases: [(owner: Identity, holder: KeyOwner, role: Principal.Role)] = [(.contract(ClientID("c1")), .client("c1"), .contract), (.administrator, .operators, .admin)]
        let hash = [UInt8](repeating: 7, count: 32)
        for (owner, holder, role) in cases {
            for isRevoked in [true, false] {
                let folder = try TemporaryDirectory()
                let engine = FakeEngine()
                var asked = Export(
                    id: "a", owner: owner, name: "a", format: "csv", request: Array(#"{"query":"SELECT 1 AS x","format":"csv"}"#.utf8), createdAt: 0, expiresIn: 1_000_000)
                asked.keySHA256 = hash
                let export = asked
                engine.state.withLock { state in
                    state.exportFolder = folder.path
                    state.contracts["c1"] = Contract(clientID: "c1", access: .read, scope: .all)
                    state.keys[hash] = (holder, KeyDescription(id: "k", role: role, label: nil, createdAt: 0, expiresAt: 1, lastUsedAt: nil))
                    state.waitingExports = [export]
                    state.atExportPath = { if isRevoked { $0.keys = [:] } }
                }
                let context = context(engine, Log(format: .json, level: .error, descriptor: -1))
                ExportMaker.begin(context, url: "http://localhost")
                XCTAssertTrue(Patience.until { engine.state.withLock { !$0.endedExports.isEmpty } })
                context.exports.beginStopping()
                XCTAssertTrue(context.exports.waitUntilIdle(seconds: Patience.seconds))
                let ended = try XCTUnwrap(engine.state.withLock { $0.endedExports.first })
                let problem = String(decoding: ended.problem ?? [], as: UTF8.self)
                XCTAssertEqual(ended.state, isRevoked ? .error : .done, "\(owner): \(problem)")
                XCTAssertEqual(problem.contains("unauthenticated"), isRevoked, problem)
                XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path).count, isRevoked ? 0 : 1, "\(owner)")
            }
        }
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
