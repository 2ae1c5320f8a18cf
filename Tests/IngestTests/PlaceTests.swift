import XCTest

final class IngestPlaceTests: XCTestCase {
}
