import XCTest

final class QueryPlaceTests: XCTestCase {
}
