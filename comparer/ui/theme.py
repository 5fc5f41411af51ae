"""Looks: one accent hue on slate, and where the style sheet and the keyboard script lie."""

import gradio as gr

from comparer.paths import ASSETS

STYLESHEET = ASSETS / "dashboard.css"
_WHOLE = (400, 700)
"""Weights that Gradio bundles with all Latin letters; its semi-bold files hold a few only."""
_SYSTEM_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
SCRIPT = ASSETS / "dashboard.js"


def theme() -> gr.themes.Base:
    """Calm and dense; every colour has its dark twin."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        neutral_hue=gr.themes.colors.slate,
        spacing_size=gr.themes.sizes.spacing_sm,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=[gr.themes.LocalFont("Source Sans Pro", weights=_WHOLE), *_SYSTEM_FONTS],
        font_mono=[
            gr.themes.LocalFont("IBM Plex Mono", weights=(400,)),
            "ui-monospace",
            "Menlo",
            "Consolas",
            "monospace",
        ],
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_text_weight="500",
        block_shadow="none",
        block_shadow_dark="none",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_400",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_cancel_background_fill="*neutral_700",
        button_cancel_background_fill_hover="*neutral_800",
        button_cancel_background_fill_dark="*neutral_600",
        button_cancel_text_color="white",
        button_cancel_text_color_dark="white",
        button_border_width="1px",
        button_border_width_dark="1px",
    )
