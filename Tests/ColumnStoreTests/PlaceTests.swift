import XCTest

final class ColumnStorePlaceTests: XCTestCase {
}
