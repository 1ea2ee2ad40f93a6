-- Rows with what makes writers stumble: nulls, quotes, commas, markup, letters outside ASCII, regions of each kind.
INSERT INTO ivoa.obscore (record_uuid, recid, dataproduct_type, calib_level, obs_collection, obs_id, obs_publisher_did,
    access_url, access_format, access_estsize, target_name, s_ra, s_dec, s_fov, s_region, s_xel1, s_xel2, t_min, t_max,
    t_exptime, em_min, em_max, o_ucd, pol_states, pol_xel, facility_name, instrument_name, obs_title, obs_creation_date)
SELECT gen_random_uuid(), 'rec' || n, type, 2, 'Test', 'obs-' || n, 'ivo://test.example/obscore?rec' || n || '/p' || n,
    'https://repository.example/records/rec' || n || '/files/a%20b.fits?download=1', 'image/fits', n * 10, target,
    ra, "dec", 0.2, region, 100, 200, 59000 + n, 59000.5 + n, 30, 4e-7, 7e-7, 'phot.count', '/I/', 1, 'VLT', 'MUSE',
    title, timestamp '2026-01-02 03:04:05.678'
FROM (VALUES
    (1, 'image', 'M31', 10.6847, 41.2688, 'Circle ICRS 10.6847 41.2688 0.1', 'plain'),
    (2, 'cube', 'NGC 1', 10.7, 41.3, 'Polygon ICRS 10.6 41.2 10.8 41.2 10.7 41.4', 'a "quoted", <b>&amp; title'),
    (3, 'spectrum', 'η Car', 161.265, -59.684, NULL, E'two\nlines\tand a tab'),
    (4, 'event', NULL, NULL, NULL, NULL, NULL),
    (5, 'image', 'mosaic', 0.01, 0.0,
     'Union ICRS (Polygon 359.9 -0.1 0.1 -0.1 0.1 0.1 359.9 0.1 Circle 1.0 0.0 0.2)', 'across the meridian')
) AS r (n, type, target, ra, "dec", region, title);
INSERT INTO ivoa.obscore_hea (obs_publisher_did, ev_xel, energy_min, energy_max)
VALUES ('ivo://test.example/obscore?rec4/p4', 1000, 100, 10000);
