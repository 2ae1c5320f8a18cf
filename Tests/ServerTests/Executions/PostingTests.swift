import ColumnStore
import Documents
import Processes
import XCTest

@testable import Ingest
@testable import Server

/// Goal: what the server could not do for reasons of its own ends no state of an execution, and is no word about a document. Method: what becomes of a task, by the fault that it met.
final class PostingTests: XCTestCase {
    private static let ofServer: [Fault.Code] = [.overloaded, .diskFull, .storageUnavailable, .notLeader, .internalError]

    private static func isLater(_ ending: TaskEnding) -> Bool {
        if case .later = ending { return true }
        return false
    }

    func test_documents_ofWhichOneMetTheServersFault_areAllSentAgain() throws {
        let posting = try Posting(.object(["documents": .array([.object([:]), .object([:])])]), as: .admin)
        for code in Self.ofServer {
            let results: [Result<Accepted, Fault>] = [.failure(Fault(.invalidDocument, "it is none")), .failure(Fault(code, "not now"))]
            XCTAssertTrue(Self.isLater(posting.ending(.each(results))), "\(code)")
            XCTAssertTrue(Self.isLater(posting.ending(.refused(Fault(code, "not now")))), "\(code)")
        }
        guard case .succeeded(let value) = posting.ending(.each([.failure(Fault(.invalidDocument, "it is none"))])) else { return XCTFail("a refused document is an answer") }
        XCTAssertEqual(value["receipts"]?.array?.first?["problem"]?["type"]?.text, "/problems/invalid-document")
    }

    /// A text may hold several records: none of their answers is left out, and one that is refused is no success.
    func test_textOfRecords_hasAnAnswerForEach_andOneThatIsRefusedAloneFails() throws {
        let posting = try Posting(.object(["document": .string("id,at\n1,x\n2,y\n")]), as: .admin)
        let refused = Result<Accepted, Fault>.failure(Fault(.invalidDocument, "it is none"))
        guard case .succeeded(let value) = posting.ending(.each([refused, refused])) else { return XCTFail("each has its answer") }
        XCTAssertEqual(value["receipts"]?.array?.compactMap { $0["problem"]?["type"]?.text }, ["/problems/invalid-document", "/problems/invalid-document"])
        guard case .failed(let error) = posting.ending(.each([refused])) else { return XCTFail("as of a document in JSON") }
        XCTAssertEqual(error.name, StateError.Name.rejected.rawValue)
        guard case .failed(let many) = posting.ending(.eachOfMore([refused], beyondCount: 3, lines: nil)) else { return XCTFail("three were not looked at") }
        XCTAssertTrue(many.cause?.contains("too-large") ?? false, many.cause ?? "")
    }

    /// The documents are stored: an answer that is longer than a value may be leaves out what it can.
    func test_answerThatIsTooLong_saysLessOfEach() throws {
        let posting = try Posting(.object(["documents": .array([.object([:]), .object([:])])]), as: .admin)
        func answer(columnCount: Int) throws -> [JSONValue] {
            var summary = ReceiptSummary(ticketID: "T", clientID: "c", receiptID: "r", type: "t", businessDay: 20_000, state: .complete, sequence: 7)
            (summary.version, summary.changed) = (2, (0..<columnCount).map { "a_column_of_this_number_\($0)" })
            var fault = Fault(.invalidDocument, "it is none")
            fault.errors = (0..<10).map { .init(pointer: "/\($0)", code: "type", message: String(repeating: "m", count: columnCount)) }
            let taken = Result<Accepted, Fault>.success(Accepted(summary: summary, isRepeat: false))
            let results = Array(repeating: taken, count: 20) + [Result<Accepted, Fault>.failure(fault)]
            guard case .succeeded(let value) = posting.ending(.each(results)) else { throw StateError(.taskFailed, "they are taken") }
            XCTAssertEqual(ValueLimits.measure(value), .fits)
            return value["receipts"]?.array ?? []
        }
        let usual = try answer(columnCount: 3)
        XCTAssertEqual(usual.first?["changed"]?.array?.count, 3)
        XCTAssertEqual(usual.last?["problem"]?["errors"]?.array?.count, 10)
        let brief = try answer(columnCount: 3_000)
        XCTAssertEqual(brief.count, 21)
        XCTAssertEqual(brief.first?["version"]?.integer, 2)
        XCTAssertNil(brief.first?["changed"])
        XCTAssertEqual(brief.last?["problem"]?["type"]?.text, "/problems/invalid-document")
        XCTAssertTrue(brief.last?["problem"]?["errors"]?.array?.isEmpty ?? true)
    }

    func test_question_whoseStorageGivesNoAnswer_isAskedAgain() {
        for slug in [Problem.Slug.storageUnavailable, .notLeader, .overloaded, .diskFull, .tooManyQueries] {
            XCTAssertTrue(Self.isLater(TaskParts.ending(of: Problem(slug, "not now"))), "\(slug)")
        }
        for slug in [Problem.Slug.badSQL, .queryTimeout, .dataError] { XCTAssertFalse(Self.isLater(TaskParts.ending(of: Problem(slug, "never"))), "\(slug)") }
    }
}
