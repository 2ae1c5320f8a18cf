import ColumnStore
import Documents
import Processes
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: a Map over a file's records waits for no stop, nor a stop for it, and goes on at the next start. Method: a page of an upload's records, asked for before a stop and after it.
final class UploadItemsTests: XCTestCase {
    private func ending(_ executors: TaskExecutors, _ id: String) throws -> TaskEnding {
        let call = TaskCall(
            token: "t", key: "E:Map:1:items:0", resource: Resource(kind: "upload"), state: "Map", visit: 1, attempt: 1, input: .object(["upload_id": .string(id)]), firstItem: 0, depth: 0)
        let work = TaskWork(
            key: TaskKey(execution: 1, serial: 1), call: call, owner: .administrator, executionID: "E", tryCount: 0, createdAt: CalendarText.now, isRepeat: false)
        let ended = Monitor<TaskEnding?>(nil)
        executors.carryOut(work) { ending in ended.broadcast { $0 = ending } }
        return try XCTUnwrap(ended.wait(seconds: Patience.seconds) { $0 }, "no end came")
    }

    func test_page_thatAStopMeets_isAbandoned() throws {
        let folder = try TemporaryDirectory()
        var options = Engine.Options()
        options.hot.writer.minFreeBytes = 0
        options.compaction.intervalSeconds = 3_600
        let engine = try Engine(path: folder.path + "/store", options: options)
        defer { XCTAssertNoThrow(try engine.close()) }
        let uploads = engine.uploads
        let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "u", as: .admin), from: 0, isAnew: true, isKept: false)
        try Array("{\"n\":1}\n{\"n\":2}\n".utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        let context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 1)), further: StoreSchema(), adminKey: TestServer.adminKey,
            limits: DoorLimits(), log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        let executors = TaskExecutors(context: context, calls: EndpointCaller(RegistrationOptions(), callbackBase: "http://localhost/"))
        guard case .succeeded(let value) = try ending(executors, "u") else { return XCTFail("no page") }
        XCTAssertEqual(value["items"]?.array?.compactMap { $0["n"]?.integer }, [1, 2])
        context.beginStopping()
        guard case .abandoned = try ending(executors, "u") else { return XCTFail("it is read though the server stops") }
    }
}
