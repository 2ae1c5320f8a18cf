// The relations of PostgreSQL 15's information_schema: src/backend/catalog/information_schema.sql, as its own catalog tells them.
//
//     number name: column:domain column:domain …
//
// Domains: i sql_identifier, c character_data, b yes_or_no, n cardinal_number, t time_stamp.

/// What columns each relation has.
enum InformationSchemaText {
    static let all = """
        13507 _pg_foreign_data_wrappers: oid:o fdwowner:o fdwoptions:a foreign_data_wrapper_catalog:i foreign_data_wrapper_name:i authorization_identifier:i
                foreign_data_wrapper_language:c
        13519 _pg_foreign_servers: oid:o srvoptions:a foreign_server_catalog:i foreign_server_name:i foreign_data_wrapper_catalog:i foreign_data_wrapper_name:i
                foreign_server_type:c foreign_server_version:c authorization_identifier:i
        13498 _pg_foreign_table_columns: nspname:i relname:i attname:i attfdwoptions:a
        13532 _pg_foreign_tables: foreign_table_catalog:i foreign_table_schema:i foreign_table_name:i ftoptions:a foreign_server_catalog:i foreign_server_name:i
                authorization_identifier:i
        13545 _pg_user_mappings: oid:o umoptions:a umuser:o authorization_identifier:i foreign_server_catalog:i foreign_server_name:i srvowner:i
        13241 administrable_role_authorizations: grantee:i role_name:i is_grantable:b
        13236 applicable_roles: grantee:i role_name:i is_grantable:b
        13245 attributes: udt_catalog:i udt_schema:i udt_name:i attribute_name:i ordinal_position:n attribute_default:c is_nullable:b data_type:c
                character_maximum_length:n character_octet_length:n character_set_catalog:i character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i
                collation_name:i numeric_precision:n numeric_precision_radix:n numeric_scale:n datetime_precision:n interval_type:c interval_precision:n attribute_udt_catalog:i
                attribute_udt_schema:i attribute_udt_name:i scope_catalog:i scope_schema:i scope_name:i maximum_cardinality:n dtd_identifier:i is_derived_reference_attribute:b
        13250 character_sets: character_set_catalog:i character_set_schema:i character_set_name:i character_repertoire:i form_of_use:i default_collate_catalog:i
                default_collate_schema:i default_collate_name:i
        13255 check_constraint_routine_usage: constraint_catalog:i constraint_schema:i constraint_name:i specific_catalog:i specific_schema:i specific_name:i
        13260 check_constraints: constraint_catalog:i constraint_schema:i constraint_name:i check_clause:c
        13270 collation_character_set_applicability: collation_catalog:i collation_schema:i collation_name:i character_set_catalog:i character_set_schema:i
                character_set_name:i
        13265 collations: collation_catalog:i collation_schema:i collation_name:i pad_attribute:c
        13275 column_column_usage: table_catalog:i table_schema:i table_name:i column_name:i dependent_column:i
        13280 column_domain_usage: domain_catalog:i domain_schema:i domain_name:i table_catalog:i table_schema:i table_name:i column_name:i
        13503 column_options: table_catalog:i table_schema:i table_name:i column_name:i option_name:i option_value:c
        13285 column_privileges: grantor:i grantee:i table_catalog:i table_schema:i table_name:i column_name:i privilege_type:c is_grantable:b
        13290 column_udt_usage: udt_catalog:i udt_schema:i udt_name:i table_catalog:i table_schema:i table_name:i column_name:i
        13295 columns: table_catalog:i table_schema:i table_name:i column_name:i ordinal_position:n column_default:c is_nullable:b data_type:c
                character_maximum_length:n character_octet_length:n numeric_precision:n numeric_precision_radix:n numeric_scale:n datetime_precision:n interval_type:c
                interval_precision:n character_set_catalog:i character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i collation_name:i
                domain_catalog:i domain_schema:i domain_name:i udt_catalog:i udt_schema:i udt_name:i scope_catalog:i scope_schema:i scope_name:i maximum_cardinality:n
                dtd_identifier:i is_self_referencing:b is_identity:b identity_generation:c identity_start:c identity_increment:c identity_maximum:c identity_minimum:c
                identity_cycle:b is_generated:c generation_expression:c is_updatable:b
        13300 constraint_column_usage: table_catalog:i table_schema:i table_name:i column_name:i constraint_catalog:i constraint_schema:i constraint_name:i
        13305 constraint_table_usage: table_catalog:i table_schema:i table_name:i constraint_catalog:i constraint_schema:i constraint_name:i
        13488 data_type_privileges: object_catalog:i object_schema:i object_name:i object_type:c dtd_identifier:i
        13310 domain_constraints: constraint_catalog:i constraint_schema:i constraint_name:i domain_catalog:i domain_schema:i domain_name:i is_deferrable:b
                initially_deferred:b
        13315 domain_udt_usage: udt_catalog:i udt_schema:i udt_name:i domain_catalog:i domain_schema:i domain_name:i
        13320 domains: domain_catalog:i domain_schema:i domain_name:i data_type:c character_maximum_length:n character_octet_length:n character_set_catalog:i
                character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i collation_name:i numeric_precision:n numeric_precision_radix:n
                numeric_scale:n datetime_precision:n interval_type:c interval_precision:n domain_default:c udt_catalog:i udt_schema:i udt_name:i scope_catalog:i scope_schema:i
                scope_name:i maximum_cardinality:n dtd_identifier:i
        13493 element_types: object_catalog:i object_schema:i object_name:i object_type:c collection_type_identifier:i data_type:c character_maximum_length:n
                character_octet_length:n character_set_catalog:i character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i collation_name:i
                numeric_precision:n numeric_precision_radix:n numeric_scale:n datetime_precision:n interval_type:c interval_precision:n domain_default:c udt_catalog:i
                udt_schema:i udt_name:i scope_catalog:i scope_schema:i scope_name:i maximum_cardinality:n dtd_identifier:i
        13325 enabled_roles: role_name:i
        13511 foreign_data_wrapper_options: foreign_data_wrapper_catalog:i foreign_data_wrapper_name:i option_name:i option_value:c
        13515 foreign_data_wrappers: foreign_data_wrapper_catalog:i foreign_data_wrapper_name:i authorization_identifier:i library_name:c
                foreign_data_wrapper_language:c
        13524 foreign_server_options: foreign_server_catalog:i foreign_server_name:i option_name:i option_value:c
        13528 foreign_servers: foreign_server_catalog:i foreign_server_name:i foreign_data_wrapper_catalog:i foreign_data_wrapper_name:i foreign_server_type:c
                foreign_server_version:c authorization_identifier:i
        13537 foreign_table_options: foreign_table_catalog:i foreign_table_schema:i foreign_table_name:i option_name:i option_value:c
        13541 foreign_tables: foreign_table_catalog:i foreign_table_schema:i foreign_table_name:i foreign_server_catalog:i foreign_server_name:i
        13227 information_schema_catalog_name: catalog_name:i
        13329 key_column_usage: constraint_catalog:i constraint_schema:i constraint_name:i table_catalog:i table_schema:i table_name:i column_name:i ordinal_position:n
                position_in_unique_constraint:n
        13334 parameters: specific_catalog:i specific_schema:i specific_name:i ordinal_position:n parameter_mode:c is_result:b as_locator:b parameter_name:i data_type:c
                character_maximum_length:n character_octet_length:n character_set_catalog:i character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i
                collation_name:i numeric_precision:n numeric_precision_radix:n numeric_scale:n datetime_precision:n interval_type:c interval_precision:n udt_catalog:i
                udt_schema:i udt_name:i scope_catalog:i scope_schema:i scope_name:i maximum_cardinality:n dtd_identifier:i parameter_default:c
        13339 referential_constraints: constraint_catalog:i constraint_schema:i constraint_name:i unique_constraint_catalog:i unique_constraint_schema:i
                unique_constraint_name:i match_option:c update_rule:c delete_rule:c
        13344 role_column_grants: grantor:i grantee:i table_catalog:i table_schema:i table_name:i column_name:i privilege_type:c is_grantable:b
        13358 role_routine_grants: grantor:i grantee:i specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i
                privilege_type:c is_grantable:b
        13421 role_table_grants: grantor:i grantee:i table_catalog:i table_schema:i table_name:i privilege_type:c is_grantable:b with_hierarchy:b
        13450 role_udt_grants: grantor:i grantee:i udt_catalog:i udt_schema:i udt_name:i privilege_type:c is_grantable:b
        13459 role_usage_grants: grantor:i grantee:i object_catalog:i object_schema:i object_name:i object_type:c privilege_type:c is_grantable:b
        13348 routine_column_usage: specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i table_catalog:i
                table_schema:i table_name:i column_name:i
        13353 routine_privileges: grantor:i grantee:i specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i
                privilege_type:c is_grantable:b
        13362 routine_routine_usage: specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i
        13367 routine_sequence_usage: specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i sequence_catalog:i
                sequence_schema:i sequence_name:i
        13372 routine_table_usage: specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i table_catalog:i table_schema:i
                table_name:i
        13377 routines: specific_catalog:i specific_schema:i specific_name:i routine_catalog:i routine_schema:i routine_name:i routine_type:c module_catalog:i
                module_schema:i module_name:i udt_catalog:i udt_schema:i udt_name:i data_type:c character_maximum_length:n character_octet_length:n character_set_catalog:i
                character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i collation_name:i numeric_precision:n numeric_precision_radix:n
                numeric_scale:n datetime_precision:n interval_type:c interval_precision:n type_udt_catalog:i type_udt_schema:i type_udt_name:i scope_catalog:i scope_schema:i
                scope_name:i maximum_cardinality:n dtd_identifier:i routine_body:c routine_definition:c external_name:c external_language:c parameter_style:c is_deterministic:b
                sql_data_access:c is_null_call:b sql_path:c schema_level_routine:b max_dynamic_result_sets:n is_user_defined_cast:b is_implicitly_invocable:b security_type:c
                to_sql_specific_catalog:i to_sql_specific_schema:i to_sql_specific_name:i as_locator:b created:t last_altered:t new_savepoint_level:b is_udt_dependent:b
                result_cast_from_data_type:c result_cast_as_locator:b result_cast_char_max_length:n result_cast_char_octet_length:n result_cast_char_set_catalog:i
                result_cast_char_set_schema:i result_cast_char_set_name:i result_cast_collation_catalog:i result_cast_collation_schema:i result_cast_collation_name:i
                result_cast_numeric_precision:n result_cast_numeric_precision_radix:n result_cast_numeric_scale:n result_cast_datetime_precision:n result_cast_interval_type:c
                result_cast_interval_precision:n result_cast_type_udt_catalog:i result_cast_type_udt_schema:i result_cast_type_udt_name:i result_cast_scope_catalog:i
                result_cast_scope_schema:i result_cast_scope_name:i result_cast_maximum_cardinality:n result_cast_dtd_identifier:i
        13382 schemata: catalog_name:i schema_name:i schema_owner:i default_character_set_catalog:i default_character_set_schema:i default_character_set_name:i
                sql_path:c
        13386 sequences: sequence_catalog:i sequence_schema:i sequence_name:i data_type:c numeric_precision:n numeric_precision_radix:n numeric_scale:n start_value:c
                minimum_value:c maximum_value:c increment:c cycle_option:b
        13391 sql_features: feature_id:c feature_name:c sub_feature_id:c sub_feature_name:c is_supported:b is_verified_by:c comments:c
        13396 sql_implementation_info: implementation_info_id:c implementation_info_name:c integer_value:n character_value:c comments:c
        13401 sql_parts: feature_id:c feature_name:c is_supported:b is_verified_by:c comments:c
        13406 sql_sizing: sizing_id:n sizing_name:c supported_value:n comments:c
        13411 table_constraints: constraint_catalog:i constraint_schema:i constraint_name:i table_catalog:i table_schema:i table_name:i constraint_type:c
                is_deferrable:b initially_deferred:b enforced:b nulls_distinct:b
        13416 table_privileges: grantor:i grantee:i table_catalog:i table_schema:i table_name:i privilege_type:c is_grantable:b with_hierarchy:b
        13425 tables: table_catalog:i table_schema:i table_name:i table_type:c self_referencing_column_name:i reference_generation:c user_defined_type_catalog:i
                user_defined_type_schema:i user_defined_type_name:i is_insertable_into:b is_typed:b commit_action:c
        13430 transforms: udt_catalog:i udt_schema:i udt_name:i specific_catalog:i specific_schema:i specific_name:i group_name:i transform_type:c
        13435 triggered_update_columns: trigger_catalog:i trigger_schema:i trigger_name:i event_object_catalog:i event_object_schema:i event_object_table:i
                event_object_column:i
        13440 triggers: trigger_catalog:i trigger_schema:i trigger_name:i event_manipulation:c event_object_catalog:i event_object_schema:i event_object_table:i
                action_order:n action_condition:c action_statement:c action_orientation:c action_timing:c action_reference_old_table:i action_reference_new_table:i
                action_reference_old_row:i action_reference_new_row:i created:t
        13445 udt_privileges: grantor:i grantee:i udt_catalog:i udt_schema:i udt_name:i privilege_type:c is_grantable:b
        13454 usage_privileges: grantor:i grantee:i object_catalog:i object_schema:i object_name:i object_type:c privilege_type:c is_grantable:b
        13463 user_defined_types: user_defined_type_catalog:i user_defined_type_schema:i user_defined_type_name:i user_defined_type_category:c is_instantiable:b
                is_final:b ordering_form:c ordering_category:c ordering_routine_catalog:i ordering_routine_schema:i ordering_routine_name:i reference_type:c data_type:c
                character_maximum_length:n character_octet_length:n character_set_catalog:i character_set_schema:i character_set_name:i collation_catalog:i collation_schema:i
                collation_name:i numeric_precision:n numeric_precision_radix:n numeric_scale:n datetime_precision:n interval_type:c interval_precision:n source_dtd_identifier:i
                ref_dtd_identifier:i
        13550 user_mapping_options: authorization_identifier:i foreign_server_catalog:i foreign_server_name:i option_name:i option_value:c
        13555 user_mappings: authorization_identifier:i foreign_server_catalog:i foreign_server_name:i
        13468 view_column_usage: view_catalog:i view_schema:i view_name:i table_catalog:i table_schema:i table_name:i column_name:i
        13473 view_routine_usage: table_catalog:i table_schema:i table_name:i specific_catalog:i specific_schema:i specific_name:i
        13478 view_table_usage: view_catalog:i view_schema:i view_name:i table_catalog:i table_schema:i table_name:i
        13483 views: table_catalog:i table_schema:i table_name:i view_definition:c check_option:c is_updatable:b is_insertable_into:b is_trigger_updatable:b
                is_trigger_deletable:b is_trigger_insertable_into:b
        """
}
