/* All settings, by their keys. Written by `python -m tools.settings_types` from the table of settings. */
export interface Settings {
    /** Width */
    W: number;
    /** Height */
    H: number;
    /** Seed */
    seed: number;
    /** Sampler */
    sampler: string;
    /** Scheduler */
    scheduler: string;
    /** Steps */
    steps: number;
    /** Name */
    batch_name: string;
    /** Motion preview */
    motion_preview_mode: boolean;
    /** Restore faces */
    restore_faces: boolean;
    /** Tiling */
    tiling: boolean;
    /** Seed width */
    seed_resize_from_w: number;
    /** Seed height */
    seed_resize_from_h: number;
    /** Scripts */
    alwayson_scripts: string;
    /** Show help */
    show_info_on_ui: boolean;
    /** Prompts */
    prompts: Record<string, unknown>;
    /** Always */
    animation_prompts_positive: string;
    /** Never */
    animation_prompts_negative: string;
    /** Blend prompts */
    prompt_blend: "none" | "linear" | "smooth";
    /** Walk seeds */
    seed_walk: boolean;
    /** Mode */
    animation_mode: "2D" | "3D" | "Video Input" | "Interpolation" | "Wan Video";
    /** Frames */
    max_frames: number;
    /** Loop */
    loop: boolean;
    /** Loop frames */
    loop_frames: number;
    /** Reverse */
    reverse: boolean;
    /** Border */
    border: "replicate" | "wrap";
    /** Angle */
    angle: string | number;
    /** Zoom */
    zoom: string | number;
    /** Shift x */
    translation_x: string | number;
    /** Shift y */
    translation_y: string | number;
    /** Forward */
    translation_z: string | number;
    /** Look at a point */
    camera_target: boolean;
    /** Point x */
    camera_target_x: string | number;
    /** Point y */
    camera_target_y: string | number;
    /** Point distance */
    camera_target_z: string | number;
    /** Centre x */
    transform_center_x: string | number;
    /** Centre y */
    transform_center_y: string | number;
    /** Tilt */
    rotation_3d_x: string | number;
    /** Pan */
    rotation_3d_y: string | number;
    /** Roll */
    rotation_3d_z: string | number;
    /** Perspective flip */
    enable_perspective_flip: boolean;
    /** Flip roll */
    perspective_flip_theta: string | number;
    /** Flip tilt */
    perspective_flip_phi: string | number;
    /** Flip pan */
    perspective_flip_gamma: string | number;
    /** Flip view angle */
    perspective_flip_fv: string | number;
    /** Camera shake */
    shake_name: string;
    /** Shake strength */
    shake_intensity: string | number;
    /** Shake speed */
    shake_speed: string | number;
    /** Depth */
    use_depth_warping: boolean;
    /** Shape of the scene */
    depth_shape: "flat" | "hill" | "hallway";
    /** Depth picture */
    depth_map: string;
    /** Depth model */
    depth_model: string;
    /** Depth model by name */
    depth_algorithm: string;
    /** MiDaS weight */
    midas_weight: number;
    /** Padding */
    padding_mode: "border" | "reflection" | "zeros";
    /** Sampling */
    sampling_mode: "bicubic" | "bilinear" | "nearest";
    /** View angle */
    fov_schedule: string | number;
    /** Lens zooms */
    fov_zooms: boolean;
    /** Near plane */
    near_schedule: string | number;
    /** Far plane */
    far_schedule: string | number;
    /** Aspect ratio */
    aspect_ratio_schedule: string | number;
    /** Aspect from size */
    aspect_ratio_use_old_formula: boolean;
    /** Save depth */
    save_depth_maps: boolean;
    /** Strength */
    strength_schedule: string | number;
    /** Strength at keyframes */
    keyframe_strength_schedule: string | number;
    /** Strength starts */
    strength_steps: "webui" | "exact";
    /** All steps */
    steps_are_real: boolean;
    /** CFG scale */
    cfg_scale_schedule: string | number;
    /** Distilled CFG */
    distilled_cfg_scale_schedule: string | number;
    /** Picture CFG */
    pix2pix_img_cfg_scale_schedule: string | number;
    /** Schedule steps */
    enable_steps_scheduling: boolean;
    /** Steps */
    steps_schedule: string | number;
    /** Schedule sampler */
    enable_sampler_scheduling: boolean;
    /** Sampler */
    sampler_schedule: string;
    /** Schedule scheduler */
    enable_scheduler_scheduling: boolean;
    /** Scheduler */
    scheduler_schedule: string;
    /** Schedule checkpoint */
    enable_checkpoint_scheduling: boolean;
    /** Checkpoint */
    checkpoint_schedule: string;
    /** Schedule VAE */
    enable_vae_scheduling: boolean;
    /** VAE */
    vae_schedule: string;
    /** Schedule CLIP skip */
    enable_clipskip_scheduling: boolean;
    /** CLIP skip */
    clipskip_schedule: string | number;
    /** Schedule DDIM eta */
    enable_ddim_eta_scheduling: boolean;
    /** DDIM eta */
    ddim_eta_schedule: string | number;
    /** Schedule ancestral eta */
    enable_ancestral_eta_scheduling: boolean;
    /** Ancestral eta */
    ancestral_eta_schedule: string | number;
    /** FreeU */
    freeu_enabled: boolean;
    /** FreeU b1 */
    freeu_b1: string | number;
    /** FreeU b2 */
    freeu_b2: string | number;
    /** FreeU s1 */
    freeu_s1: string | number;
    /** FreeU s2 */
    freeu_s2: string | number;
    /** Kohya HR fix */
    kohya_hrfix_enabled: boolean;
    /** HR fix block */
    kohya_hrfix_block_number: string | number;
    /** HR fix factor */
    kohya_hrfix_downscale_factor: string | number;
    /** HR fix start */
    kohya_hrfix_start_percent: string | number;
    /** HR fix end */
    kohya_hrfix_end_percent: string | number;
    /** HR fix after skip */
    kohya_hrfix_downscale_after_skip: boolean;
    /** HR fix down */
    kohya_hrfix_downscale_method: string;
    /** HR fix up */
    kohya_hrfix_upscale_method: string;
    /** Seed behaviour */
    seed_behavior: "iter" | "fixed" | "random" | "ladder" | "alternate" | "schedule";
    /** Frames per seed */
    seed_iter_N: number;
    /** Seed schedule */
    seed_schedule: string | number;
    /** Use subseeds */
    enable_subseed_scheduling: boolean;
    /** Subseed */
    subseed_schedule: string | number;
    /** Subseed strength */
    subseed_strength_schedule: string | number;
    /** Cadence */
    diffusion_cadence: number;
    /** Flow between */
    optical_flow_cadence: "None" | "RAFT" | "DIS Medium" | "DIS Fine" | "DIS Fast" | "Farneback";
    /** Flow factor */
    cadence_flow_factor_schedule: string | number;
    /** RAFT file */
    flow_model: string;
    /** Keyframe painting */
    keyframe_distribution: "Off" | "Keyframes Only" | "Additive" | "Redistributed";
    /** Clip length */
    clip_length: number;
    /** Clip overlap */
    clip_overlap: number;
    /** First picture alone */
    clip_first_alone: boolean;
    /** Match clips */
    clip_match: boolean;
    /** Context */
    clip_context: number;
    /** Context overlap */
    clip_context_overlap: number;
    /** Context stride */
    clip_stride: number;
    /** Closed loop */
    clip_closed_loop: "N" | "R-P" | "R+P" | "A";
    /** Context blend */
    clip_blend: "overwrite" | "flat" | "pyramid";
    /** Clip noise */
    clip_noise: "own" | "FreeNoise";
    /** Leave the start picture */
    clip_first_falls: boolean;
    /** Latent power */
    clip_latent_power: number;
    /** Latent scale */
    clip_latent_scale: number;
    /** Last picture */
    clip_last_frame: string;
    /** Latent power at the end */
    clip_latent_power_last: number;
    /** Latent scale at the end */
    clip_latent_scale_last: number;
    /** FreeInit */
    free_init: boolean;
    /** FreeInit passes */
    free_init_passes: number;
    /** FreeInit filter */
    free_init_filter: "butterworth" | "gaussian" | "ideal" | "box";
    /** FreeInit in space */
    free_init_space: number;
    /** FreeInit in time */
    free_init_time: number;
    /** Colour coherence */
    color_coherence: "None" | "HSV" | "LAB" | "RGB" | "Video Input" | "Image";
    /** Colours of */
    color_coherence_reference: "first" | "previous" | "mean" | "scene";
    /** Mean over */
    color_coherence_mean_frames: number;
    /** Colour strength */
    color_coherence_strength_schedule: string | number;
    /** Colours are matched */
    color_coherence_when: "before and after" | "before" | "after";
    /** Colour picture */
    color_coherence_image_path: string;
    /** Colours every */
    color_coherence_video_every_N_frames: number;
    /** Grey */
    color_force_grayscale: boolean;
    /** Old matching */
    legacy_colormatch: boolean;
    /** Contrast */
    contrast_schedule: string | number;
    /** Uncovered */
    uncovered_denoise_schedule: string | number;
    /** Temporal filter */
    temporal_filter_schedule: string | number;
    /** Small change */
    temporal_filter_tolerance_schedule: string | number;
    /** Keep the look */
    governor_schedule: string | number;
    /** Detail to keep */
    governor_detail_schedule: string | number;
    /** Hires fix */
    hires: boolean;
    /** Enlarged by */
    hires_scale: number;
    /** Hires denoise */
    hires_denoise: number;
    /** Upscaler */
    hires_upscaler: string;
    /** Upscaler file */
    upscale_model: string;
    /** Redo */
    diffusion_redo: number;
    /** Flow redo */
    optical_flow_redo_generation: "None" | "RAFT" | "DIS Medium" | "DIS Fine" | "DIS Fast" | "Farneback";
    /** Flow redo factor */
    redo_flow_factor_schedule: string | number;
    /** Blank frames */
    reroll_blank_frames: "reroll" | "interrupt" | "ignore";
    /** Patience */
    reroll_patience: number;
    /** Faulty pictures */
    judge: "None" | "keep" | "retry" | "stop";
    /** Retries */
    judge_patience: number;
    /** Noise */
    noise_type: "uniform" | "perlin" | "detail";
    /** Noise amount */
    noise_schedule: string | number;
    /** Perlin cells across */
    perlin_w: string | number;
    /** Perlin cells down */
    perlin_h: string | number;
    /** Perlin octaves */
    perlin_octaves: string | number;
    /** Perlin persistence */
    perlin_persistence: string | number;
    /** Noise mask */
    use_noise_mask: boolean;
    /** Noise mask expression */
    noise_mask_schedule: string;
    /** Use noise multiplier */
    enable_noise_multiplier_scheduling: boolean;
    /** Noise multiplier */
    noise_multiplier_schedule: string | number;
    /** Sharpen */
    amount_schedule: string | number;
    /** Sharpen width */
    kernel_schedule: string | number;
    /** Sharpen radius */
    sigma_schedule: string | number;
    /** Sharpen threshold */
    threshold_schedule: string | number;
    /** Mirror */
    mirror: "None" | "Left/right" | "Top/bottom" | "Quad";
    /** Mirror strength */
    mirror_schedule: string | number;
    /** Kaleidoscope */
    kaleidoscope_schedule: string | number;
    /** Kaleidoscope angle */
    kaleidoscope_angle_schedule: string | number;
    /** Tunnel */
    tunnel_schedule: string | number;
    /** Tunnel step */
    tunnel_ratio_schedule: string | number;
    /** Look centre x */
    look_center_x_schedule: string | number;
    /** Look centre y */
    look_center_y_schedule: string | number;
    /** Echo */
    echo_schedule: string | number;
    /** Echo decay */
    echo_decay_schedule: string | number;
    /** Glow */
    glow_schedule: string | number;
    /** Glow radius */
    glow_radius_schedule: string | number;
    /** Glow threshold */
    glow_threshold_schedule: string | number;
    /** Exposure */
    exposure_schedule: string | number;
    /** Lift */
    lift_schedule: string | number;
    /** Gamma */
    gamma_schedule: string | number;
    /** Gain */
    gain_schedule: string | number;
    /** Saturation */
    saturation_schedule: string | number;
    /** Start picture */
    use_init: boolean;
    /** Picture */
    init_image: string;
    /** Picture's fit */
    init_image_fit: "stretch" | "crop" | "pad";
    /** Picture */
    init_image_box: unknown;
    /** Start strength */
    strength: number;
    /** Still scene */
    still_scene: boolean;
    /** Strength 0 without one */
    strength_0_no_init: boolean;
    /** Mask */
    use_mask: boolean;
    /** Alpha as mask */
    use_alpha_as_mask: boolean;
    /** Mask picture */
    mask_file: string;
    /** Mask model */
    mask_model: string;
    /** Words every */
    mask_words_every: number;
    /** Invert mask */
    invert_mask: boolean;
    /** Mask contrast */
    mask_contrast_adjust: number;
    /** Mask brightness */
    mask_brightness_adjust: number;
    /** Overlay mask */
    overlay_mask: boolean;
    /** Mask moves */
    mask_moves: boolean;
    /** Grow mask */
    mask_grow: number;
    /** Mask blur */
    mask_overlay_blur: number;
    /** Fill */
    fill: "fill" | "original" | "latent noise" | "latent nothing";
    /** Full resolution */
    full_res_mask: boolean;
    /** Mask padding */
    full_res_mask_padding: number;
    /** Mask expression */
    mask_schedule: string;
    /** Video */
    video_init_path: string;
    /** Taken from the video */
    video_sets: "None" | "Length" | "Length and rate";
    /** Every n-th frame */
    extract_nth_frame: number;
    /** From frame */
    extract_from_frame: number;
    /** To frame */
    extract_to_frame: number;
    /** When it ends */
    video_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Carried on */
    video_carry_schedule: string | number;
    /** Follows the video */
    video_follow: "None" | "RAFT" | "DIS Medium" | "DIS Fine" | "DIS Fast" | "Farneback";
    /** Extract again */
    overwrite_extracted_frames: boolean;
    /** Mask video */
    use_mask_video: boolean;
    /** Mask video file */
    video_mask_path: string;
    /** Guided images */
    use_looper: boolean;
    /** Pictures */
    init_images: string;
    /** Strength */
    image_strength_schedule: string | number;
    /** Strength at keyframes */
    image_keyframe_strength_schedule: string | number;
    /** Blend */
    blendFactorMax: string | number;
    /** Blend slope */
    blendFactorSlope: string | number;
    /** Frames between */
    tweening_frames_schedule: string | number;
    /** Colour correction */
    color_correction_factor: string | number;
    /** Extract frames */
    hybrid_generate_inputframes: boolean;
    /** Human masks */
    hybrid_generate_human_masks: "None" | "PNGs" | "Video" | "Both";
    /** Begin with its first frame */
    hybrid_use_first_frame_as_init_image: boolean;
    /** Motion */
    hybrid_motion: "None" | "Optical Flow" | "Perspective" | "Affine";
    /** Motion from the painted frame */
    hybrid_motion_use_prev_img: boolean;
    /** Flow */
    hybrid_flow_method: "RAFT" | "DIS Medium" | "DIS Fine" | "DIS Fast" | "Farneback";
    /** Flow factor */
    hybrid_flow_factor_schedule: string | number;
    /** Flow consistency */
    hybrid_flow_consistency: boolean;
    /** Consistency blur */
    hybrid_consistency_blur: number;
    /** Mix */
    hybrid_composite: "None" | "Normal" | "Before Motion" | "After Generation";
    /** Start picture instead */
    hybrid_use_init_image: boolean;
    /** Mix amount */
    hybrid_comp_alpha_schedule: string | number;
    /** Mix mask */
    hybrid_comp_mask_type: "None" | "Depth" | "Video Depth" | "Blend" | "Difference" | "Expression" | "Video Expression";
    /** Invert mix mask */
    hybrid_comp_mask_inverse: boolean;
    /** Equalise */
    hybrid_comp_mask_equalize: "None" | "Before" | "After" | "Both";
    /** Auto contrast */
    hybrid_comp_mask_auto_contrast: boolean;
    /** Cut high */
    hybrid_comp_mask_auto_contrast_cutoff_high_schedule: string | number;
    /** Cut low */
    hybrid_comp_mask_auto_contrast_cutoff_low_schedule: string | number;
    /** Mask blend */
    hybrid_comp_mask_blend_alpha_schedule: string | number;
    /** Mix mask expression */
    hybrid_comp_mask_schedule: string;
    /** Mask contrast */
    hybrid_comp_mask_contrast_schedule: string | number;
    /** Save masks */
    hybrid_comp_save_extra_frames: boolean;
    /** Unit 1 */
    cn_1_enabled: boolean;
    /** Guided by */
    cn_1_source: "File" | "Moved picture" | "Start picture" | "Depth";
    /** Video or picture */
    cn_1_vid_path: string;
    /** When it ends */
    cn_1_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Mask */
    cn_1_mask_vid_path: string;
    /** Extract again */
    cn_1_overwrite_frames: boolean;
    /** Loopback */
    cn_1_loopback_mode: boolean;
    /** Resize */
    cn_1_resize_mode: "Just Resize" | "Crop and Resize" | "Resize and Fill" | "Inner Fit (Scale to Fit)" | "Outer Fit (Shrink to Fit)";
    /** Preprocessor */
    cn_1_module: string;
    /** Resolution */
    cn_1_processor_res: number;
    /** Threshold A */
    cn_1_threshold_a: number;
    /** Threshold B */
    cn_1_threshold_b: number;
    /** Pixel perfect */
    cn_1_pixel_perfect: boolean;
    /** Model */
    cn_1_model: string;
    /** Weight */
    cn_1_weight: string | number;
    /** Start */
    cn_1_guidance_start: string | number;
    /** End */
    cn_1_guidance_end: string | number;
    /** Control */
    cn_1_control_mode: "Balanced" | "My prompt is more important" | "ControlNet is more important";
    /** Low VRAM */
    cn_1_low_vram: boolean;
    /** Unit 2 */
    cn_2_enabled: boolean;
    /** Guided by */
    cn_2_source: "File" | "Moved picture" | "Start picture" | "Depth";
    /** Video or picture */
    cn_2_vid_path: string;
    /** When it ends */
    cn_2_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Mask */
    cn_2_mask_vid_path: string;
    /** Extract again */
    cn_2_overwrite_frames: boolean;
    /** Loopback */
    cn_2_loopback_mode: boolean;
    /** Resize */
    cn_2_resize_mode: "Just Resize" | "Crop and Resize" | "Resize and Fill" | "Inner Fit (Scale to Fit)" | "Outer Fit (Shrink to Fit)";
    /** Preprocessor */
    cn_2_module: string;
    /** Resolution */
    cn_2_processor_res: number;
    /** Threshold A */
    cn_2_threshold_a: number;
    /** Threshold B */
    cn_2_threshold_b: number;
    /** Pixel perfect */
    cn_2_pixel_perfect: boolean;
    /** Model */
    cn_2_model: string;
    /** Weight */
    cn_2_weight: string | number;
    /** Start */
    cn_2_guidance_start: string | number;
    /** End */
    cn_2_guidance_end: string | number;
    /** Control */
    cn_2_control_mode: "Balanced" | "My prompt is more important" | "ControlNet is more important";
    /** Low VRAM */
    cn_2_low_vram: boolean;
    /** Unit 3 */
    cn_3_enabled: boolean;
    /** Guided by */
    cn_3_source: "File" | "Moved picture" | "Start picture" | "Depth";
    /** Video or picture */
    cn_3_vid_path: string;
    /** When it ends */
    cn_3_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Mask */
    cn_3_mask_vid_path: string;
    /** Extract again */
    cn_3_overwrite_frames: boolean;
    /** Loopback */
    cn_3_loopback_mode: boolean;
    /** Resize */
    cn_3_resize_mode: "Just Resize" | "Crop and Resize" | "Resize and Fill" | "Inner Fit (Scale to Fit)" | "Outer Fit (Shrink to Fit)";
    /** Preprocessor */
    cn_3_module: string;
    /** Resolution */
    cn_3_processor_res: number;
    /** Threshold A */
    cn_3_threshold_a: number;
    /** Threshold B */
    cn_3_threshold_b: number;
    /** Pixel perfect */
    cn_3_pixel_perfect: boolean;
    /** Model */
    cn_3_model: string;
    /** Weight */
    cn_3_weight: string | number;
    /** Start */
    cn_3_guidance_start: string | number;
    /** End */
    cn_3_guidance_end: string | number;
    /** Control */
    cn_3_control_mode: "Balanced" | "My prompt is more important" | "ControlNet is more important";
    /** Low VRAM */
    cn_3_low_vram: boolean;
    /** Unit 4 */
    cn_4_enabled: boolean;
    /** Guided by */
    cn_4_source: "File" | "Moved picture" | "Start picture" | "Depth";
    /** Video or picture */
    cn_4_vid_path: string;
    /** When it ends */
    cn_4_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Mask */
    cn_4_mask_vid_path: string;
    /** Extract again */
    cn_4_overwrite_frames: boolean;
    /** Loopback */
    cn_4_loopback_mode: boolean;
    /** Resize */
    cn_4_resize_mode: "Just Resize" | "Crop and Resize" | "Resize and Fill" | "Inner Fit (Scale to Fit)" | "Outer Fit (Shrink to Fit)";
    /** Preprocessor */
    cn_4_module: string;
    /** Resolution */
    cn_4_processor_res: number;
    /** Threshold A */
    cn_4_threshold_a: number;
    /** Threshold B */
    cn_4_threshold_b: number;
    /** Pixel perfect */
    cn_4_pixel_perfect: boolean;
    /** Model */
    cn_4_model: string;
    /** Weight */
    cn_4_weight: string | number;
    /** Start */
    cn_4_guidance_start: string | number;
    /** End */
    cn_4_guidance_end: string | number;
    /** Control */
    cn_4_control_mode: "Balanced" | "My prompt is more important" | "ControlNet is more important";
    /** Low VRAM */
    cn_4_low_vram: boolean;
    /** Unit 5 */
    cn_5_enabled: boolean;
    /** Guided by */
    cn_5_source: "File" | "Moved picture" | "Start picture" | "Depth";
    /** Video or picture */
    cn_5_vid_path: string;
    /** When it ends */
    cn_5_at_end: "hold" | "loop" | "ping-pong" | "stop";
    /** Mask */
    cn_5_mask_vid_path: string;
    /** Extract again */
    cn_5_overwrite_frames: boolean;
    /** Loopback */
    cn_5_loopback_mode: boolean;
    /** Resize */
    cn_5_resize_mode: "Just Resize" | "Crop and Resize" | "Resize and Fill" | "Inner Fit (Scale to Fit)" | "Outer Fit (Shrink to Fit)";
    /** Preprocessor */
    cn_5_module: string;
    /** Resolution */
    cn_5_processor_res: number;
    /** Threshold A */
    cn_5_threshold_a: number;
    /** Threshold B */
    cn_5_threshold_b: number;
    /** Pixel perfect */
    cn_5_pixel_perfect: boolean;
    /** Model */
    cn_5_model: string;
    /** Weight */
    cn_5_weight: string | number;
    /** Start */
    cn_5_guidance_start: string | number;
    /** End */
    cn_5_guidance_end: string | number;
    /** Control */
    cn_5_control_mode: "Balanced" | "My prompt is more important" | "ControlNet is more important";
    /** Low VRAM */
    cn_5_low_vram: boolean;
    /** Parseq manifest */
    parseq_manifest: string;
    /** Use deltas */
    parseq_use_deltas: boolean;
    /** Let it set length, rate and cadence */
    parseq_non_schedule_overrides: boolean;
    /** Manifest summary */
    fetched_parseq_manifest_summary: unknown;
    /** Frames a second */
    fps: number;
    /** Video quality */
    ffmpeg_crf: number;
    /** Video coding */
    ffmpeg_preset: "ultrafast" | "superfast" | "veryfast" | "faster" | "fast" | "medium" | "slow" | "slower" | "veryslow";
    /** Frames only */
    skip_video_creation: boolean;
    /** GIF too */
    make_gif: boolean;
    /** WebP too */
    make_webp: boolean;
    /** There and back */
    ping_pong: boolean;
    /** Delete frames */
    delete_imgs: boolean;
    /** Delete input frames */
    delete_input_frames: boolean;
    /** Frames to stitch */
    image_path: string;
    /** Sound */
    add_soundtrack: "None" | "File" | "Init Video";
    /** Sound file */
    soundtrack_path: string;
    /** Sound from */
    soundtrack_start: number;
    /** As long as the sound */
    soundtrack_sets_length: boolean;
    /** Fade in */
    soundtrack_fade_in: number;
    /** Fade out */
    soundtrack_fade_out: number;
    /** Loudness */
    soundtrack_loudness: number;
    /** Subtitles */
    subtitles: "None" | "File" | "Video";
    /** They say */
    subtitle_values: string;
    /** Tempo */
    bpm: number;
    /** Upscale */
    r_upscale_video: boolean;
    /** Factor */
    r_upscale_factor: "x2" | "x3" | "x4";
    /** Upscaler */
    r_upscale_model: string;
    /** Keep upscaled frames */
    r_upscale_keep_imgs: boolean;
    /** Frames in memory */
    store_frames_in_ram: boolean;
    /** Interpolation */
    frame_interpolation_engine: "None" | "Flow" | "Blend" | "RIFE" | "FILM";
    /** Interpolation network */
    interpolation_model: string;
    /** Times */
    frame_interpolation_x_amount: number;
    /** To a rate */
    frame_interpolation_fps: number;
    /** Slow motion */
    frame_interpolation_slow_mo_enabled: boolean;
    /** Times slower */
    frame_interpolation_slow_mo_amount: number;
    /** Sound in slow motion */
    frame_interpolation_slow_mo_sound: "Stretch" | "Drop";
    /** Keep interpolated frames */
    frame_interpolation_keep_imgs: boolean;
    /** Interpolate upscaled frames */
    frame_interpolation_use_upscaled: boolean;
    /** Resume */
    resume_from_timestring: boolean;
    /** Resume which */
    resume_timestring: string;
    /** Prompts */
    wan_prompts: unknown;
    /** T2v model */
    wan_t2v_model: unknown;
    /** I2v model */
    wan_i2v_model: unknown;
    /** Auto download */
    wan_auto_download: unknown;
    /** Preferred size */
    wan_preferred_size: unknown;
    /** Model path */
    wan_model_path: unknown;
    /** Resolution */
    wan_resolution: unknown;
    /** Seed */
    wan_seed: unknown;
    /** Inference steps */
    wan_inference_steps: unknown;
    /** Guidance scale */
    wan_guidance_scale: unknown;
    /** Strength override */
    wan_strength_override: unknown;
    /** Fixed strength */
    wan_fixed_strength: unknown;
    /** Guidance override */
    wan_guidance_override: unknown;
    /** Frame overlap */
    wan_frame_overlap: unknown;
    /** Motion strength */
    wan_motion_strength: unknown;
    /** Enable interpolation */
    wan_enable_interpolation: unknown;
    /** Interpolation strength */
    wan_interpolation_strength: unknown;
    /** Flash attention mode */
    wan_flash_attention_mode: unknown;
    /** Version */
    anim_version: string;
    /** Deforum look */
    classic: boolean;
    /** Model */
    sd_model_name: unknown;
    /** Model hash */
    sd_model_hash: unknown;
    /** VAE */
    sd_vae_name: unknown;
    /** VAE and text encoders */
    sd_modules: unknown;
    /** LoRA hashes */
    sd_lora_hashes: unknown;
    /** Painted by */
    painted_by: unknown;
    /** Deforum version */
    deforum_git_commit_id: unknown;
}
