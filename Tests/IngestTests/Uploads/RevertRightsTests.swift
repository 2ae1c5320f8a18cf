import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: an upload is taken back by the rights of now, of the contract that asks or of the administrator. Method: a contract that is narrowed between its upload and the taking back, and while
/// that is under way.
final class RevertRightsTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","client_id":"/client",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """

    private func document(_ id: String, of client: String, _ name: String) -> String {
        #"{"schema":"licence/1","id":"\#(id)","client":"\#(client)","name":"\#(name)"}"#
    }

    private func rows(_ fixture: EngineFixture) throws -> [String] {
        try fixture.walk(PageRequest(table: "licences", fields: ["client_id", "receipt_id", "name"], limit: 1_000)).sorted()
    }

    /// Of the contract `c1`, which may write for all.
    private func uploaded(_ id: String, _ lines: [String], type: String? = nil, client: String? = nil, _ fixture: EngineFixture) throws {
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .all))
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.type, announcement.client) = (type, client)
        let upload = try uploads.announce(announcement, id: id, as: Principal(clientID: "c1", access: .readWrite, scope: .all))
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: true)
        try Array(lines.map { $0 + "\n" }.joined().utf8).withUnsafeBytes { try file.append($0) }
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload(id, as: .admin).state == .processed })
        XCTAssertEqual(try uploads.upload(id, as: .admin).counts.processed, Int64(lines.count))
        XCTAssertEqual(try uploads.upload(id, as: .admin).counts.rejected, 0)
    }

    private func isTakenBack(_ id: String, _ uploads: Uploads) throws -> Bool { try Patience.until { try uploads.upload(id, as: .admin).revert.stage == .done } }

    func test_contractThatIsNarrowed_isRefused_whereTheUploadSaysItself() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        _ = try fixture.taken(document("L-1", of: "c2", "before"), as: .admin)
        try uploaded("up-1", [document("L-1", of: "c2", "uploaded")], type: "licence", client: "c2", fixture)
        XCTAssertThrowsError(try uploads.revert("up-1", as: EngineFixture.own)) { XCTAssertEqual(($0 as? Fault)?.code, .wrongClient) }
        let others = Principal(clientID: "c1", access: .readWrite, scope: .all, types: ["pos-receipt"])
        XCTAssertThrowsError(try uploads.revert("up-1", as: others)) { XCTAssertEqual(($0 as? Fault)?.code, .typeNotAllowed) }
        XCTAssertEqual(try rows(fixture), ["c2|L-1|uploaded"])
        _ = try uploads.revert("up-1", as: Principal(clientID: "c1", access: .readWrite, scope: .all, types: ["licence"]))
        XCTAssertTrue(try isTakenBack("up-1", uploads))
        XCTAssertEqual(try rows(fixture), ["c2|L-1|before"])
        uploads.stop()
    }

    func test_contractThatIsNarrowed_takesNoOthersRowsBack_andTheAdministratorDoes() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        let clients = ["c1", "c2"]
        for client in clients { _ = try fixture.taken(document("L-1", of: client, "before"), as: .admin) }
        try uploaded("up-1", clients.map { document("L-1", of: $0, "uploaded") }, fixture)
        for (contract, code) in [
            (Contract(clientID: "c1", access: .readWrite, scope: .own), Fault.Code.wrongClient),
            (Contract(clientID: "c1", access: .readWrite, scope: .all, types: ["pos-receipt"]), Fault.Code.typeNotAllowed),
        ] {
            _ = try fixture.engine.putContract(contract)
            XCTAssertEqual(try uploads.revert("up-1", as: contract.principal(at: uploads.clock.now())).revert.stage, .running)
            XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).revert.stage == .none })
            let ended = try uploads.upload("up-1", as: .admin)
            XCTAssertEqual(ended.problem?.code, code)
            XCTAssertEqual(ended.state, .processed)
            XCTAssertEqual([ended.revert.reverted, ended.revert.left], [0, 0])
            XCTAssertEqual(try rows(fixture), ["c1|L-1|uploaded", "c2|L-1|uploaded"])
        }
        XCTAssertNil(try uploads.revert("up-1", as: .admin).problem)
        XCTAssertTrue(try isTakenBack("up-1", uploads))
        XCTAssertEqual(try rows(fixture), ["c1|L-1|before", "c2|L-1|before"])
        uploads.stop()
    }

    /// The contract may not write any more when the taking back is gone on with, as after a restart.
    func test_contractThatEndsMeanwhile_takesNothingBack_andTheAdministratorDoes() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        _ = try fixture.taken(document("L-1", of: "c1", "before"), as: .admin)
        try uploaded("up-1", [document("L-1", of: "c1", "uploaded")], fixture)
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .read, scope: .own))
        var upload = try uploads.upload("up-1", as: .admin)
        upload.revert.stage = .running
        upload.revert.stepSequence = uploads.sequence
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        uploads.queue.wake()
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).revert.stage == .none })
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).problem?.code, .readOnly)
        XCTAssertEqual(try rows(fixture), ["c1|L-1|uploaded"])
        // Whose word it is is kept with the upload, and so is where it stands.
        upload.revert.isByAdministrator = true
        upload.problem = nil
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        let kept = try uploads.upload("up-1", as: .admin).revert
        XCTAssertTrue(kept.isByAdministrator)
        uploads.queue.wake()
        XCTAssertTrue(try isTakenBack("up-1", uploads))
        XCTAssertEqual(try rows(fixture), ["c1|L-1|before"])
        uploads.stop()
    }

    /// It was ended before anything was stored: what says the same as the version before by the time it goes on is somebody else's, and left.
    func test_takingBackThatGoesOn_leavesWhatOthersHaveBroughtMeanwhile() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        let clients = ["c1", "c2"]
        for client in clients { _ = try fixture.taken(document("L-1", of: client, "before"), as: .admin) }
        try uploaded("up-1", clients.map { document("L-1", of: $0, "uploaded") }, fixture)
        let narrowed = Contract(clientID: "c1", access: .readWrite, scope: .own)
        _ = try fixture.engine.putContract(narrowed)
        _ = try uploads.revert("up-1", as: narrowed.principal(at: uploads.clock.now()))
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).revert.stage == .none })
        _ = try fixture.taken(document("L-1", of: "c2", "before"), as: .admin)
        _ = try uploads.revert("up-1", as: .admin)
        XCTAssertTrue(try isTakenBack("up-1", uploads))
        let revert = try uploads.upload("up-1", as: .admin).revert
        XCTAssertEqual([revert.reverted, revert.left], [1, 1])
        XCTAssertEqual(try rows(fixture), ["c1|L-1|before", "c2|L-1|before"])
        uploads.stop()
    }

    /// A try that was cut off has stored a row of the step, and the next one is ended for its rights: the row counts as taken back once it goes on.
    func test_takingBackThatGoesOn_countsWhatACutOffTryHasStored() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        let clients = ["c1", "c2"]
        for client in clients { _ = try fixture.taken(document("L-1", of: client, "before"), as: .admin) }
        try uploaded("up-1", clients.map { document("L-1", of: $0, "uploaded") }, fixture)
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own))
        var upload = try uploads.upload("up-1", as: .admin)
        (upload.revert.stage, upload.revert.stepSequence) = (.running, uploads.sequence)
        // As that try has stored it.
        _ = try fixture.taken(document("L-1", of: "c1", "before"), as: .admin)
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        uploads.queue.wake()
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).revert.stage == .none })
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).problem?.code, .wrongClient)
        _ = try uploads.revert("up-1", as: .admin)
        XCTAssertTrue(try isTakenBack("up-1", uploads))
        let revert = try uploads.upload("up-1", as: .admin).revert
        XCTAssertEqual([revert.reverted, revert.left], [2, 0])
        uploads.stop()
    }
}
