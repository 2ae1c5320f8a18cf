import Foundation
import TestSupport
import XCTest

/// Goal: whatever files, posts, removals and takings back come in whatever order, and whenever the program is killed and rows move to cold between them, each document has the
/// versions that follow. Method: random histories against lists of versions in the test; a file and a taking back are often cut off by a kill.
final class UploadModelTests: UploadFixture {
    private struct Version: Equatable {
        /// Nil for a removal.
        let name: String?
        /// The number of the upload that brought it.
        let upload: Int?
    }

    private struct Model {
        var documents: [String: [Version]] = [:]
        var uploads: [(id: String, isReverted: Bool)] = []

        var newest: [[String]] {
            documents.compactMap { id, versions in versions.last?.name.map { [id, "\(versions.count)", $0] } }.sorted { $0[0] < $1[0] }
        }

        /// accepted, replaced, repeated
        mutating func take(_ rows: [(id: String, name: String)], upload: Int?) -> [Int] {
            var counts = [0, 0, 0]
            for row in rows {
                let versions = documents[row.id] ?? []
                if let last = versions.last?.name, last == row.name { counts[2] += 1; continue }
                counts[versions.isEmpty ? 0 : 1] += 1
                documents[row.id] = versions + [Version(name: row.name, upload: upload)]
            }
            return counts
        }

        /// reverted, left
        mutating func revert(_ upload: Int) -> [Int] {
            var counts = [0, 0]
            for (id, versions) in documents {
                guard let own = versions.firstIndex(where: { $0.upload == upload }) else { continue }
                guard own == versions.count - 1 else { counts[1] += 1; continue }
                counts[0] += 1
                documents[id]?.append(Version(name: own > 0 ? versions[own - 1].name : nil, upload: nil))
            }
            return counts
        }
    }

    private var key = ""
    private var one: HTTPClient { get throws { try running().client(key: key) } }

    private func history(_ random: inout SplitMix64, steps: Int) throws {
        try running().remove()
        server = try TillServer()
        XCTAssertEqual(try running().client().put("/v1/types/member", Self.member).status, 201)
        key = try running().key("c1")
        var model = Model()
        for step in 0..<steps {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: try upload(&model, &random, step)
            case 4..<7: try revert(&model, &random, step)
            case 7: try post(&model, &random, step)
            case 8: try remove(&model, &random, step)
            default: XCTAssertEqual(try running().client().post("/v1/admin/compact", "{}").status, 200)
            }
            try check(model, "step \(step)")
        }
    }

    private static func rows(_ count: Int, _ random: inout SplitMix64) -> [(id: String, name: String)] {
        (0..<400).shuffled(using: &random).prefix(count).map { ("M\($0)", "n\(Int.random(in: 0..<3, using: &random))") }
    }

    private func maybeKill(_ random: inout SplitMix64) throws {
        guard Int.random(in: 0..<2, using: &random) == 0 else { return }
        usleep(UInt32.random(in: 0..<150_000, using: &random))
        try running().kill()
        try running().start()
    }

    private func upload(_ model: inout Model, _ random: inout SplitMix64, _ step: Int) throws {
        let rows = Self.rows(Int.random(in: 1...300, using: &random), &random)
        let (id, path) = try announce(try one, #"{"name":"a.csv","type":"member"}"#)
        XCTAssertEqual(try put(path, Array(("name,id,age\n" + rows.map { "\($0.name),\($0.id),30\n" }.joined()).utf8)).status, 201)
        try maybeKill(&random)
        let wanted = model.take(rows, upload: model.uploads.count)
        model.uploads.append((id, false))
        XCTAssertEqual(counts(try ended(id, try one)), [rows.count, rows.count] + wanted + [0], "step \(step)")
    }

    private func revert(_ model: inout Model, _ random: inout SplitMix64, _ step: Int) throws {
        guard let place = model.uploads.indices.randomElement(using: &random) else { return }
        let id = model.uploads[place].id
        XCTAssertEqual(try one.call("POST", "/v1/uploads/\(id)/revert").status, 202)
        try maybeKill(&random)
        let done = try Patience.value {
            let upload = try object(try one.get("/v1/uploads/\(id)").body)
            return upload["state"] as? String == "REVERTED" ? upload : nil
        }
        // A second time does nothing.
        if model.uploads[place].isReverted { return }
        model.uploads[place].isReverted = true
        XCTAssertEqual([done?["reverted"] as? Int, done?["left"] as? Int], model.revert(place).map { $0 }, "step \(step)")
    }

    private func post(_ model: inout Model, _ random: inout SplitMix64, _ step: Int) throws {
        let rows = Self.rows(50, &random)
        let answer = try one.post("/v1/receipts?type=member", "id,name,age\n" + rows.map { "\($0.id),\($0.name),30\n" }.joined(), type: "text/csv")
        XCTAssertEqual(answer.status, 200, answer.text)
        _ = model.take(rows, upload: nil)
    }

    private func remove(_ model: inout Model, _ random: inout SplitMix64, _ step: Int) throws {
        for (id, _) in Self.rows(10, &random) {
            let versions = model.documents[id] ?? []
            XCTAssertEqual(try one.delete("/v1/receipts/\(id)?table=members").status, versions.isEmpty ? 404 : 204, "step \(step)")
            if versions.last?.name != nil { model.documents[id]?.append(Version(name: nil, upload: nil)) }
        }
    }

    private func check(_ model: Model, _ context: String) throws {
        func table(_ query: String) throws -> [[String]] {
            let answer = try one.post("/v1/sql", #"{"query":"\#(query)"}"#, [("Accept", "text/csv")])
            XCTAssertEqual(answer.status, 200, answer.text)
            return answer.text.split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }
        XCTAssertEqual(try table("SELECT receipt_id, version, name FROM members ORDER BY 1"), model.newest, context)
        let all = try table("SELECT receipt_id, version, name, upload_id, removed, valid_to IS NULL FROM members_history ORDER BY 1, 2")
        let wanted = model.documents.sorted { $0.key < $1.key }.flatMap { id, versions in
            versions.enumerated().map { place, version in
                [id, "\(place + 1)", version.name ?? "", version.upload.map { model.uploads[$0].id } ?? "", version.name == nil ? "true" : "false", place == versions.count - 1 ? "true" : "false"]
            }
        }
        XCTAssertEqual(all, wanted, context)
    }

    func test_randomHistories_withKills_areThoseOfTheModel() throws {
        for seed in 1...3 {
            var random = SplitMix64(state: UInt64(seed))
            try history(&random, steps: 14)
            if testRun?.failureCount ?? 0 > 0 { return print("seed \(seed)") }
        }
    }
}
