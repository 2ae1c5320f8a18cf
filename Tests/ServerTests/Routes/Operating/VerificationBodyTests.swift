import ColumnStore
import Ingest
import XCTest

@testable import Server

/// Goal: the answer to a request for a proof says how many faults there are, and of the first of them which. Method: a report with more of them than it lists, written and read again.
final class VerificationBodyTests: XCTestCase {
    private func told(_ report: Verifier.Report) throws -> (report: Verifier.Report, faultCount: Int) {
        VerificationBody.report(try JSONParser.parse(VerificationBody(report: report).json()))
    }

    func test_report_countsWhatItDoesNotList() throws {
        var report = Verifier.Report(fileCount: 3, rowCount: 5)
        for number in 0..<Verifier.Report.findingCountMax + 50 { report.add(Finding(path: "hot/a.sqlite", fault: "row \(number)")) }
        let found = try told(report)
        XCTAssertEqual(found.faultCount, Verifier.Report.findingCountMax + 50)
        XCTAssertEqual(found.report.findings.count, 1_000)
        XCTAssertEqual(found.report.findings.last?.fault, "row 999")
        XCTAssertEqual([found.report.fileCount, Int(found.report.rowCount)], [3, 5])
        XCTAssertEqual(try told(Verifier.Report()).faultCount, 0)
    }
}
